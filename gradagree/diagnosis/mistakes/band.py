"""Numbers with the error that a correct evaluation may leave in them: the arithmetic in which mistakes are written.

A `Band` is a centre and a bound, elementwise. Sums and multiples of bands bound the *inputs'* errors; what the checked
code rounds itself is said by `rounded`, with the unit roundoff of its format. The centres are computed in float64, and
every operation adds its own rounding to the bound, so a prediction is right for a run in float64 as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference.arithmetic import growth
from reference.dyadic import FloatArray
from reference.formats import FLOAT64
from reference.upward import known, upward

# One rounding of the centre and one of the bound itself.
OWN = 2 * FLOAT64.unit_roundoff
# Lifts a bound above what it would be in exact arithmetic.
UPWARD = upward()


@dataclass(frozen=True)
class Band:
    """`|number - center| <= bound`, elementwise.

    Parameters
    ----------
    center, bound
        `(K, p, m)`: one entry a step, parameter and target; `p = d + 1`, the intercept's row last.
    """

    center: FloatArray
    bound: FloatArray

    @classmethod
    def exact(cls, center: FloatArray) -> Band:
        """Numbers without error."""
        return cls(center, np.zeros_like(center))

    def __len__(self) -> int:
        return len(self.center)

    def __add__(self, other: Band) -> Band:
        steps = min(len(self), len(other))
        with np.errstate(over="ignore", invalid="ignore"):
            center = self.center[:steps] + other.center[:steps]
            return Band(center, self.bound[:steps] + other.bound[:steps] + OWN * np.abs(center))

    def __sub__(self, other: Band) -> Band:
        return self + Band(-other.center, other.bound)

    def times(self, factor: float | FloatArray) -> Band:
        """The multiple by a known factor."""
        with np.errstate(over="ignore", invalid="ignore"):
            center = self.center * factor
            return Band(center, self.bound * np.abs(factor) + OWN * np.abs(center))

    def rounded(self, unit_roundoff: float, times: int = 1) -> Band:
        """What is left after the checked code has rounded `times` times: `((1+u)^n - 1)(|center| + bound)` is added."""
        relative = growth((unit_roundoff, times))
        with np.errstate(over="ignore", invalid="ignore"):
            return Band(self.center, known(self.bound + relative * (np.abs(self.center) + self.bound)))

    def widened(self, by: FloatArray | float) -> Band:
        """The same numbers with a further error."""
        return Band(self.center, self.bound + by)

    def first(self, steps: int) -> Band:
        """The first steps alone."""
        return Band(self.center[:steps], self.bound[:steps])

    def delayed(self) -> Band:
        """The band of the step before; zero, exactly, at the first step."""
        zero = np.zeros_like(self.center[:1])
        return Band(np.concatenate([zero, self.center[:-1]]), np.concatenate([zero, self.bound[:-1]]))

    def held(self) -> Band:
        """The band of the first step, at every step."""
        return Band(
            np.broadcast_to(self.center[:1], self.center.shape), np.broadcast_to(self.bound[:1], self.bound.shape)
        )

    def where(self, mask: FloatArray, other: Band) -> Band:
        """The numbers of this band where the mask (broadcast) is true, the other elsewhere."""
        steps = min(len(self), len(other))
        chosen = np.broadcast_to(mask.astype(bool), (steps, *self.center.shape[1:]))
        return Band(
            np.where(chosen, self.center[:steps], other.center[:steps]),
            np.where(chosen, self.bound[:steps], other.bound[:steps]),
        )
