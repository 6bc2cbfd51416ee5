"""A run that disagrees with its claim, and where it does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gradagree.checking.judge import stack
from gradagree.checking.verdict import Judgement
from gradagree.runtime.trajectory import Trajectory
from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray
from reference.problem import Problem


@dataclass(frozen=True)
class Wrong:
    """A run, with the judgement that it got under its own claim.

    Parameters
    ----------
    judgement
        DISAGREES.
    trajectory, problem, claim
        as `compare` takes them.
    """

    judgement: Judgement
    trajectory: Trajectory
    problem: Problem
    claim: Arithmetic

    @cached_property
    def quantities(self) -> frozenset[str]:
        """What is wrong of it, `"gradient"` and so on."""
        return frozenset(name for name, check in self.judgement.checks.items() if check.first_wrong is not None)

    @cached_property
    def steps(self) -> np.ndarray:
        """The steps at which a gradient is wrong, the earliest first."""
        check = self.judgement.checks.get("gradient")
        return np.array([], dtype=int) if check is None else np.flatnonzero(~(check.ratios <= 1))

    @cached_property
    def gradient(self) -> FloatArray | None:
        """`(K, p, m)`: the gradients as recorded; `None` where none were."""
        run = self.trajectory
        return None if run.grad_w is None or run.grad_b is None else stack(run.grad_w, run.grad_b)

    @cached_property
    def V(self) -> FloatArray:
        """`(K+1, p, m)`: the iterates."""
        return stack(self.trajectory.w, self.trajectory.b)
