"""The verdict on a run, with the narrower arithmetic that it is consistent with where it disagrees."""

from __future__ import annotations

import dataclasses

from gradagree.checking.judge import judge
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.diagnosis.identify import identify
from gradagree.runtime.trajectory import Trajectory
from reference.arithmetic import Arithmetic
from reference.problem import Problem


def compare(trajectory: Trajectory, problem: Problem, claim: Arithmetic) -> Judgement:
    """The verdict on a run, and the narrower arithmetic that it is consistent with where it disagrees with its claim.

    What is given is what `judge` takes.
    """
    judgement = judge(trajectory, problem, claim)
    if judgement.verdict is not Verdict.DISAGREES:
        return judgement

    found = identify(judgement, trajectory, problem, claim)
    return dataclasses.replace(judgement, arithmetic=found)
