"""Which mean a run of several targets takes: over all N m entries, as is asked for, or over the N rows."""

from __future__ import annotations

import dataclasses

from gradagree.checking.judge import judge
from gradagree.checking.verdict import Verdict
from gradagree.runtime.trajectory import Trajectory
from reference.arithmetic import Arithmetic
from reference.problem import Problem
from reference.reduction import LOSSES


def over_the_rows(trajectory: Trajectory, problem: Problem, claim: Arithmetic) -> str:
    """One sentence, where every step of a run is that of the mean over the rows; empty where it is not."""
    if problem.reduction != "mse" or problem.y.shape[1] == 1:
        return ""
    other = dataclasses.replace(problem, reduction="row-mse")
    if judge(trajectory, other, claim).verdict is not Verdict.AGREES:
        return ""
    return (
        f"every step is that of {LOSSES['row-mse']} (row-mse), where the mean over all N m entries was asked for (mse)"
    )
