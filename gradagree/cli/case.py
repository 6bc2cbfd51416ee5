"""A recorded run with all that was assumed of it; judged, and diagnosed where it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gradagree.checking.verdict import Judgement
from gradagree.diagnosis import convergence_notes
from gradagree.diagnosis.compare import compare
from gradagree.diagnosis.mistakes.view import View
from gradagree.runtime.trajectory import Trajectory
from reference.arithmetic import Arithmetic
from reference.problem import Problem


@dataclass(frozen=True)
class Case:
    """A run to be judged.

    Parameters
    ----------
    label
        what is checked, as the user gave it.
    trajectory, problem, claim
        as `compare` takes them.
    device
        where it ran.
    assumed
        what was found out or taken for granted, by name.
    confirm
        runs the code on another problem, for a diagnosis to be repeated; `None` where only this record exists.
    notes
        sentences that stand in the message whatever the verdict.
    plainly
        whether the claim is nobody's own, but the plain one.
    """

    label: str
    trajectory: Trajectory
    problem: Problem
    claim: Arithmetic
    device: str
    assumed: dict[str, str]
    confirm: Callable[[Problem], Trajectory] | None = None
    notes: tuple[str, ...] = ()
    plainly: bool = True

    def judge(self) -> Judgement:
        """The verdict on the run."""
        with np.errstate(over="ignore", invalid="ignore"):  # a run may diverge as far as it likes
            return compare(self.trajectory, self.problem, self.claim)

    def divergence(self) -> tuple[str, ...]:
        """That the learning rate is beyond the limit, if it is; of a run whose steps are right."""
        run = View(self.trajectory, self.problem, self.claim)
        return convergence_notes.divergence(run)
