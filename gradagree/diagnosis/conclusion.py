"""What is concluded of a judged run: which mistake explains it, or that nobody can tell."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradagree.checking.run import Run
from gradagree.checking.verdict import Judgement
from gradagree.diagnosis.diagnosis import Diagnosis
from gradagree.diagnosis.engine import diagnose
from gradagree.diagnosis.identify.wider import undecided
from gradagree.runtime.trajectory import Trajectory
from reference.problem import Problem


def conclude(
    run: Run, judgement: Judgement, *, claimed: bool, confirm: Callable[[Problem], Trajectory] | None = None
) -> tuple[Judgement, Diagnosis]:
    """The verdict that stands, and the diagnosis.

    Where nobody has said what the code's arithmetic is, and wider bounds hold what the plain ones do not, the verdict
    is INCONCLUSIVE; unless a mistake without a fitted constant explains every step, which is none of rounding.

    Parameters
    ----------
    claimed
        whether its author, or its user, has said what the arithmetic is.
    confirm
        as `diagnose` takes it.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # a run may diverge as far as it likes
        found = diagnose(run, confirm=confirm)
        wider = undecided(run, judgement) if not claimed and found.doubtful else None
    return (judgement, found) if wider is None else (wider, Diagnosis(None))
