"""Which mean a run of several targets takes: over all N m entries, as is asked for, or over the N rows."""

from __future__ import annotations

import dataclasses

from gradagree.checking.judge import judge
from gradagree.checking.run import Run
from gradagree.checking.verdict import Verdict
from reference.reduction import LOSSES


def over_the_rows(run: Run) -> str:
    """One sentence, where every step of a run is that of the mean over the rows; empty where it is not."""
    problem = run.problem
    if problem.reduction != "mse" or problem.y.shape[1] == 1:
        return ""
    by_row = dataclasses.replace(run, problem=dataclasses.replace(problem, reduction="row-mse"))
    if judge(by_row).verdict is not Verdict.AGREES:
        return ""
    return (
        f"every step is that of {LOSSES['row-mse']} (row-mse), where the mean over all N m entries was asked for (mse)"
    )
