"""The frameworks, one class each: how arrays go in, how numbers come back out, and whatever else differs among them.

- `framework` what the suite needs of a framework: the class from which the class of each derives
- `on_jax`    JAX
- `on_numpy`  NumPy
- `on_torch`  PyTorch

A class is found by its name, and imports its framework when it is made, not before. A package of anybody's adds one by
an entry point of the group `gradagree.frameworks`, `name = "module:Class"`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from gradagree.errors import UsageError
from gradagree.runtime.frameworks.framework import Framework

GROUP = "gradagree.frameworks"
# In the order in which reports name them.
BUILT_IN = {"torch": "on_torch:Torch", "jax": "on_jax:Jax", "numpy": "on_numpy:Numpy"}
# The framework of code that imports no other; beside another, its import tells nothing.
HOST = "numpy"

_made: dict[str, Framework] = {}


def names() -> tuple[str, ...]:
    """The frameworks that the suite knows, those of other packages last."""
    return tuple(_entries())


def declared(name: str) -> type[Framework]:
    """The class of the framework called `name`, which is not imported for it.

    Raises
    ------
    UsageError
        if it comes from another package, and cannot be loaded.
    """
    entry = _entries()[name]
    try:
        found: type[Framework] = entry.load()
        if not issubclass(found, Framework):
            raise TypeError(f"{found.__name__} does not derive from Framework")
        if lacking := [each for each in ("name", "title", "packages") if not getattr(found, each, None)]:
            raise TypeError(f"{found.__name__} has no {', '.join(lacking)}")
        if found.name != name:
            raise TypeError(f"its name is {found.name!r}")
    except Exception as error:  # somebody else's module may raise anything
        raise UsageError(
            f"entry point {GROUP} {name!r}: expected a class that derives from {Framework.__module__}.Framework, "
            f"got {entry.value!r}, which cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    return found


def loadable() -> list[type[Framework]]:
    """The classes of all frameworks, those left out that another package declares and that cannot be loaded."""
    found = []
    for name in names():
        with suppress(UsageError):  # whoever names it is told
            found.append(declared(name))
    return found


def framework(name: str) -> Framework:
    """The framework called `name`, imported now.

    Raises
    ------
    ImportError
        if it is not installed.
    """
    if name not in _made:
        _made[name] = declared(name)()
    return _made[name]


def imported() -> Mapping[str, Framework]:
    """The frameworks that have been asked for in this process, by name."""
    return {name: _made[name] for name in names() if name in _made}


def installed(name: str) -> bool:
    """Whether the framework could be imported, found out without importing it."""
    return importlib.util.find_spec(name) is not None


@cache
def _entries() -> dict[str, EntryPoint]:
    own = {name: EntryPoint(name, f"{__name__}.{place}", GROUP) for name, place in BUILT_IN.items()}
    return own | {entry.name: entry for entry in entry_points(group=GROUP) if entry.name not in own}
