"""The verdict on a run, with the narrower arithmetic that it is consistent with where it disagrees."""

from __future__ import annotations

import dataclasses

import numpy as np

from gradagree.checking.judge import judge
from gradagree.checking.run import Run
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.diagnosis.identify import identify


def compare(run: Run) -> Judgement:
    """The verdict on a run, and the narrower arithmetic that it is consistent with where it disagrees with its own."""
    with np.errstate(over="ignore", invalid="ignore"):  # a run may diverge as far as it likes
        judgement = judge(run)
        if judgement.verdict is not Verdict.DISAGREES:
            return judgement
        return dataclasses.replace(judgement, arithmetic=identify(run, judgement))
