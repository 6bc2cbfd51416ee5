"""By which names a script knows its arrays: variables, entries of its containers, attributes of its objects."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import FunctionType, ModuleType
from typing import Any

Namespace = Mapping[str, Any]

# What learning rates are called.
RATES = ("lr", "learning_rate", "gamma", "eta", "step_size", "alpha", "LR", "LEARNING_RATE")


def namespaces(path: str) -> list[Namespace]:
    """The variables in sight where the code of the file at `path` now stands, innermost first."""
    found: list[Namespace] = []
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == path:
            found.append(frame.f_locals)
            if frame.f_locals is not frame.f_globals and (
                frame.f_back is None or frame.f_back.f_code.co_filename != path
            ):
                found.append(frame.f_globals)
        frame = frame.f_back  # type: ignore[assignment]
    return found


def named(spaces: list[Namespace]) -> Iterator[tuple[str, Any]]:
    """Every object with its name as one would write it, `w`, `model.weight`, `params['w']`, plain variables first."""
    seen: set[str] = set()
    variables = []
    for space in spaces:
        for name, value in list(space.items()):
            if not name.startswith("__") and name not in seen and not isinstance(value, (ModuleType, FunctionType)):
                seen.add(name)
                variables.append((name, value))
    yield from variables
    for name, value in variables:
        # An object of the script's may raise whatever it likes when it is looked into.
        with suppress(Exception):
            yield from list(_inside(name, value))


def _inside(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, type):
        return
    parameters = getattr(value, "named_parameters", None)
    if callable(parameters):  # a torch.nn.Module
        yield from ((f"{name}.{inner}", parameter) for inner, parameter in parameters())
    elif isinstance(value, dict):
        yield from ((f"{name}[{key!r}]", entry) for key, entry in list(value.items())[:16])
    elif isinstance(value, (list, tuple)) and len(value) <= 16:
        yield from ((f"{name}[{index}]", entry) for index, entry in enumerate(value))
    elif hasattr(value, "__dict__") and type(value).__module__ == "__main__":
        yield from ((f"{name}.{inner}", entry) for inner, entry in vars(value).items())


def groups(value: Any) -> list[dict[str, Any]]:
    """The groups of parameters of an optimizer of PyTorch's kind; none of anything else."""
    with suppress(Exception):
        found = value.param_groups
        if isinstance(found, list) and all(isinstance(group, dict) for group in found):
            return found
    return []


def rates(spaces: list[Namespace]) -> dict[str, float]:
    """The numbers that are called as learning rates are, and the rates of optimisers, by name."""
    found: dict[str, float] = {}
    for name, value in named(spaces):
        if name in RATES and isinstance(value, (int, float)) and not isinstance(value, bool):
            found[name] = float(value)
        for group in groups(value)[:1]:
            if isinstance(group.get("lr"), (int, float)):
                found[f"{name}.param_groups[0]['lr']"] = float(group["lr"])
    return dict(sorted(found.items(), key=lambda item: RATES.index(item[0]) if item[0] in RATES else -1))
