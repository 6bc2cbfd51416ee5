"""The wrong gradients of a run, held against those of a narrower arithmetic that is done over here.

Rounding the factors of a product, or adding in a narrow format, is a definite thing to do. Where a machine did it, its
numbers lie within the bounds claimed of what the same gives here, and far nearer than to the exact ones. What is wrong
for another reason comes no nearer.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from gradagree.checking.low_precision import ENOUGH
from gradagree.checking.run import Run
from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray
from reference.formats import FLOAT64

# How many residuals are formed anew, in as many steps as that makes: it takes milliseconds.
RESIDUALS = 2**16

# Those at which a gradient is wrong, the earliest first.
Steps = npt.NDArray[np.intp]
# In words what was done over; the gradients it gives, `(K, p, m)`; how far these may be off besides.
Attempt = tuple[str, FloatArray, FloatArray | float]


def best(run: Run, steps: Steps, attempts: Callable[[Emulation], Iterable[Attempt]]) -> str:
    """What `Emulation.best` says of these attempts; empty where no gradient is wrong."""
    if run.gradient is None or not len(steps):
        return ""
    emulation = Emulation(run, run.gradient, steps)
    return emulation.best(attempts(emulation))


class Emulation:
    """The steps of a run at which a gradient is wrong, as many as are looked at."""

    def __init__(self, run: Run, gradient: FloatArray, steps: Steps) -> None:
        self.run = run
        steps = steps[: max(1, RESIDUALS // run.problem.y.size)]
        self.V, self.got = run.V[steps], gradient[steps]
        self.x, self.y = run.problem.x.astype(np.float64), run.problem.y.astype(np.float64)
        self.truth = run.truth_at(self.V)
        self.mean = 2 * float(run.problem.scale) / self.y.size

    @cached_property
    def bound(self) -> FloatArray:
        """What the claim allows, and what float64 does, in which things are done over.

        Not that of a lattice, which a narrower arithmetic leaves.
        """
        own = dataclasses.replace(self.run, arithmetic=Arithmetic(FLOAT64, FLOAT64)).truth_at(self.V)
        return self.truth.rounding_bound + own.rounding_bound

    def best(self, attempts: Iterable[Attempt]) -> str:
        """The attempt that makes the most wrong gradients right, and how many; empty if none does for most."""
        before = np.abs(self.got - self.truth.gradient)
        wrong = ~(before <= self.bound)
        found, share = "", 0.5
        for words, gradient, slack in attempts:
            after, allowed = np.abs(self.got - gradient), self.bound + slack
            # What was just outside what is allowed, any change may bring inside.
            right = ~(before <= allowed) & (after <= allowed) & (2 * after <= before)
            if right.sum() > share * wrong.sum() and self._enough(right):
                share = right.sum() / wrong.sum()
                count = f"all {wrong.sum():,}" if share == 1 else f"{right.sum():,} of {wrong.sum():,}"
                found = f"{words} makes {count} wrong gradients right"
        return found

    def _enough(self, right: np.ndarray) -> bool:
        """Whether they are too many for an accident: those of one step are but multiples of its few residuals."""
        return int(np.minimum(right.sum(axis=(1, 2)), self.y.size).sum()) >= ENOUGH
