"""Numbers with the error that a correct evaluation may leave in them: the arithmetic in which mistakes are written.

An `Enclosure` is a centre and a bound, elementwise. Sums and multiples of enclosures bound the *inputs'* errors; what
the checked code rounds itself is said by `rounded`, with the unit roundoff of its format. The centres are computed in
float64, and every operation adds its own rounding to the bound, so a prediction is right for a run in float64 as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.arithmetic import growth
from reference.dyadic import FloatArray
from reference.formats import FLOAT64
from reference.inflation import inflation, nan_to_inf

# One rounding of the centre and one of the bound itself.
OWN = 2 * FLOAT64.unit_roundoff
# Lifts a bound above what it would be in exact arithmetic.
UPWARD = inflation()


@dataclass(frozen=True)
class Enclosure:
    """`|number - center| <= bound`, elementwise.

    Parameters
    ----------
    center, bound
        `(K, p, m)`: one entry a step, parameter and target; `p = d + 1`, the intercept's row last.
    """

    center: FloatArray
    bound: FloatArray

    @classmethod
    def exact(cls, center: FloatArray) -> Enclosure:
        """Numbers without error."""
        return cls(center, np.zeros_like(center))

    # An array on the left of `*` leaves the product to `__rmul__`.
    __array_ufunc__ = None

    def __len__(self) -> int:
        return len(self.center)

    def __getitem__(self, index: Any) -> Enclosure:
        """Some of the numbers, as arrays are indexed."""
        return Enclosure(self.center[index], self.bound[index])

    def __add__(self, other: Enclosure) -> Enclosure:
        steps = min(len(self), len(other))
        with np.errstate(over="ignore", invalid="ignore"):
            center = self.center[:steps] + other.center[:steps]
            return Enclosure(center, self.bound[:steps] + other.bound[:steps] + OWN * np.abs(center))

    def __rmul__(self, factor: float | FloatArray) -> Enclosure:
        """The multiple by a known factor."""
        with np.errstate(over="ignore", invalid="ignore"):
            center = self.center * factor
            return Enclosure(center, self.bound * np.abs(factor) + OWN * np.abs(center))

    def rounded(self, unit_roundoff: float, times: int = 1) -> Enclosure:
        """What is left after the checked code has rounded `times` times: `((1+u)^n - 1)(|center| + bound)` is added."""
        relative = growth((unit_roundoff, times))
        with np.errstate(over="ignore", invalid="ignore"):
            return Enclosure(self.center, nan_to_inf(self.bound + relative * (np.abs(self.center) + self.bound)))

    def widened(self, by: FloatArray | float) -> Enclosure:
        """The same numbers with a further error."""
        return Enclosure(self.center, self.bound + by)

    def delayed(self) -> Enclosure:
        """The numbers of the step before; zero, exactly, at the first step."""
        return self.after(Enclosure.exact(np.zeros_like(self.center[:1])))

    def after(self, first: Enclosure) -> Enclosure:
        """The numbers of the step before, `first` at the first step."""
        return Enclosure(
            np.concatenate([first.center, self.center[:-1]]), np.concatenate([first.bound, self.bound[:-1]])
        )

    def spread(self, shape: tuple[int, ...]) -> Enclosure:
        """The same numbers for every step, parameter or target that they do not tell apart."""
        return Enclosure(np.broadcast_to(self.center, shape), np.broadcast_to(self.bound, shape))

    def where(self, mask: FloatArray, other: Enclosure) -> Enclosure:
        """The numbers of this enclosure where the mask (broadcast) is true, the other elsewhere."""
        steps = min(len(self), len(other))
        chosen = np.broadcast_to(mask.astype(bool), (steps, *self.center.shape[1:]))
        return Enclosure(
            np.where(chosen, self.center[:steps], other.center[:steps]),
            np.where(chosen, self.bound[:steps], other.bound[:steps]),
        )

    def meets(self, other: Enclosure) -> NDArray[np.bool_]:
        """Which numbers may be the same, over the steps that both have; none that is NaN."""
        steps = min(len(self), len(other))
        with np.errstate(over="ignore", invalid="ignore"):
            apart = np.abs(self.center[:steps] - other.center[:steps])
            return np.asarray(apart <= self.bound[:steps] + other.bound[:steps])
