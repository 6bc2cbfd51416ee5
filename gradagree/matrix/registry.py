"""Which implementations there are, by name: those of first derivatives, and those of second ones.

This alone reads the lists of `impls`, which hold strings: no framework is imported for it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import impls
from gradagree.runtime import frameworks
from reference import claims
from reference.arithmetic import Arithmetic
from reference.claim import arithmetic_of

IMPLS = impls.__name__  # in a wheel it lies below `gradagree`


@dataclass(frozen=True)
class Implementation(impls.Implementation):
    """An implementation of the suite or of somebody's own, with its framework's devices and claims among its own.

    Parameters
    ----------
    claimed
        what the author of a file says of its arithmetic, as `reference.claims` reads it.
    """

    claimed: tuple[str, ...] = ()

    @property
    def framework(self) -> str:
        """Whose arrays it takes, one of `frameworks.names()`."""
        return max((name for name in frameworks.names() if self.name.startswith(f"{name}_")), key=len)

    def arithmetic(self, device: str, dtype: str) -> Arithmetic:
        """What it claims of its arithmetic on `device` in `dtype`."""
        return claims.claimed(arithmetic_of(self.claims, device, dtype), claims.speaking_of(self.claimed, dtype))


def first_order() -> tuple[Implementation, ...]:
    """The suite's loops of gradient descent."""
    return tuple(map(_complete, impls.IMPLEMENTATIONS))


def second_order() -> tuple[Implementation, ...]:
    """The suite's implementations of second derivatives."""
    return tuple(map(_complete, impls.SECOND_ORDER))


def _complete(entry: impls.Implementation) -> Implementation:
    given = {field.name: getattr(entry, field.name) for field in dataclasses.fields(entry)}
    found = Implementation(**given)
    framework = frameworks.declared(found.framework)
    return dataclasses.replace(
        found,
        devices=found.devices or framework.kinds,
        claims=(*framework.claims, *found.claims),
        target=found.target or f"{impls.__name__}.{found.name}:descend",
    )
