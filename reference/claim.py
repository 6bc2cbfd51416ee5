"""Where an arithmetic differs from the plain one of its dtype, and why that is honest."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reference.arithmetic import Arithmetic
from reference.formats import BY_NAME, FLOAT32, FLOAT64


@dataclass(frozen=True)
class Claim:
    """A difference from the plain arithmetic, which a framework or an implementation claims.

    Parameters
    ----------
    changes
        fields of `Arithmetic`, by name.
    reason
        what is done there, as seen.
    devices, dtypes
        where it is done; empty for everywhere.
    """

    changes: dict[str, Any]
    reason: str
    devices: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()

    def holds(self, device: str, dtype: str) -> bool:
        """Whether the claim is about this device and dtype."""
        return (not self.devices or device in self.devices) and (not self.dtypes or dtype in self.dtypes)


def arithmetic_of(claims: Iterable[Claim], device: str, dtype: str) -> Arithmetic:
    """The plain arithmetic of a dtype, changed by those claims that are about it; the later ones prevail.

    Plain is: results are stored in the dtype, and sums accumulated in it, or in float32 where the dtype is narrower, as
    BLAS libraries and tensor units do.
    """
    storage = BY_NAME[dtype]
    found = Arithmetic(storage, accumulate=storage if storage in (FLOAT32, FLOAT64) else FLOAT32)
    for claim in claims:
        if claim.holds(device, dtype):
            found = dataclasses.replace(found, **claim.changes)
    return found
