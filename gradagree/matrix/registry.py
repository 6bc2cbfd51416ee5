"""Which implementations there are, by name: those of first derivatives, and those of second ones.

This alone reads the lists of `impls`, which hold strings: no framework is imported for it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import impls
from gradagree.runtime import frameworks
from impls import second
from reference import claims
from reference.arithmetic import Arithmetic
from reference.claim import arithmetic_of


@dataclass(frozen=True)
class Implementation(impls.Implementation):
    """An implementation of the suite or of somebody's own, with its framework's devices and claims among its own.

    Parameters
    ----------
    target
        what to import: `"module:function"`, `"/path/to/file.py:function"`, or the module for second derivatives.
    claimed
        what the author of a file says of its arithmetic, as `reference.claims` reads it.
    """

    target: str = ""
    claimed: tuple[str, ...] = ()

    @property
    def framework(self) -> str:
        """Whose arrays it takes, one of `frameworks.names()`."""
        return next(name for name in frameworks.names() if self.name.startswith(f"{name}_"))

    def arithmetic(self, device: str, dtype: str) -> Arithmetic:
        """What it claims of its arithmetic on `device` in `dtype`."""
        return claims.claimed(arithmetic_of(self.claims, device, dtype), claims.speaking_of(self.claimed, dtype))


def first_order() -> tuple[Implementation, ...]:
    """The suite's loops of gradient descent."""
    return tuple(_complete(entry) for entry in impls.IMPLEMENTATIONS)


def second_order() -> tuple[Implementation, ...]:
    """The suite's implementations of second derivatives, each with what its framework's plainest loop claims."""
    found = []
    for name, about in second.IMPLEMENTATIONS.items():
        like = next(each for each in first_order() if each.basic and name.startswith(f"{each.framework}_"))
        found.append(Implementation(name, about, like.devices, like.dtypes, like.claims, target=f"impls.second.{name}"))
    return tuple(found)


def _complete(entry: impls.Implementation) -> Implementation:
    own = {field.name: getattr(entry, field.name) for field in dataclasses.fields(entry)}
    found = Implementation(**own, target=f"impls.{entry.name}:descend")
    framework = frameworks.declared(found.framework)
    return dataclasses.replace(
        found, devices=found.devices or framework.kinds, claims=(*framework.claims, *found.claims)
    )
