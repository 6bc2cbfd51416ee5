"""The first narrower arithmetic that contains a run and has left its trace in it."""

from __future__ import annotations

import numpy as np

from gradagree.checking.check import resolution
from gradagree.checking.judge import judge
from gradagree.checking.truth import Truth
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.diagnosis.identify.hypotheses import Hypothesis, hypotheses
from gradagree.diagnosis.identify.wrong import Wrong
from gradagree.runtime.trajectory import Trajectory
from reference.arithmetic import Arithmetic
from reference.problem import Problem


def identify(judgement: Judgement, trajectory: Trajectory, problem: Problem, claim: Arithmetic) -> str:
    """One sentence: which arithmetic, and what speaks for it; empty if there is none.

    Parameters
    ----------
    judgement
        of the run under its own claim: DISAGREES.
    trajectory, problem, claim
        as `compare` takes them.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # a run may diverge as far as it likes
        return _first(Wrong(judgement, trajectory, problem, claim))


def _first(run: Wrong) -> str:
    for hypothesis in hypotheses(run):
        if run.quantities <= hypothesis.explains and not _refused(run, hypothesis) and _contains(run, hypothesis):
            trace = hypothesis.trace(run)
            if trace:
                return f"consistent with {hypothesis.name}: {trace}"
    return ""


def _contains(run: Wrong, hypothesis: Hypothesis) -> bool:
    """Whether its bounds contain every step, and tell something where the run is wrong."""
    verdict = judge(run.trajectory, hypothesis.problem, hypothesis.claim).verdict
    if not hypothesis.telling:
        return verdict in (Verdict.AGREES, Verdict.INCONCLUSIVE)
    if verdict is not Verdict.AGREES or not len(run.steps):
        return verdict is Verdict.AGREES
    truth = Truth(hypothesis.problem, hypothesis.claim, run.V[run.steps])
    return resolution(truth.gradient_bound, np.abs(truth.gradient)) < 1


def _refused(run: Wrong, hypothesis: Hypothesis) -> bool:
    """Whether the first wrong gradient refuses it already, at a small part of what judging the whole run costs."""
    if run.gradient is None or not len(run.steps):
        return False
    first = slice(run.steps[0], run.steps[0] + 1)
    truth = Truth(hypothesis.problem, hypothesis.claim, run.V[first])
    return not (np.abs(truth.evaluation.gradient_error(run.gradient[first])) <= truth.gradient_bound).all()
