"""The first narrower arithmetic that contains a run and has left its trace in it."""

from __future__ import annotations

import numpy as np

from gradagree.checking.check import resolution
from gradagree.checking.judge import judge
from gradagree.checking.run import Run
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.diagnosis.identify.emulation import Steps
from gradagree.diagnosis.identify.hypotheses import Hypothesis, hypotheses


def identify(run: Run, judgement: Judgement) -> str:
    """One sentence: which arithmetic, and what speaks for it; empty if there is none.

    Parameters
    ----------
    judgement
        of the run under its own claim: DISAGREES.
    """
    gradient = judgement.checks.get("gradient")
    steps = np.array([], dtype=np.intp) if gradient is None else gradient.violations
    with np.errstate(over="ignore", invalid="ignore"):  # a run may diverge as far as it likes
        for hypothesis in hypotheses(run):
            if not judgement.violated <= hypothesis.explains or _refused(hypothesis.run, steps):
                continue
            trace = hypothesis.trace(run, steps) if _contains(hypothesis, steps) else ""
            if trace:
                return f"consistent with {hypothesis.name}: {trace}"
    return ""


def _contains(hypothesis: Hypothesis, steps: Steps) -> bool:
    """Whether its bounds contain every step, and tell something where the run is wrong."""
    run, verdict = hypothesis.run, judge(hypothesis.run).verdict
    if not hypothesis.informative:
        return verdict in (Verdict.AGREES, Verdict.INCONCLUSIVE)
    if verdict is not Verdict.AGREES or not len(steps):
        return verdict is Verdict.AGREES
    truth = run.truth_at(run.V[steps])
    return resolution(truth.gradient_bound, np.abs(truth.gradient)) < 1


def _refused(run: Run, steps: Steps) -> bool:
    """Whether the first wrong gradient refuses it already, at a small part of what judging the whole run costs."""
    if run.gradient is None or not len(steps):
        return False
    truth = run.truth_at(run.V[steps[:1]])
    return not (np.abs(truth.evaluation.gradient_error(run.gradient[steps[:1]])) <= truth.gradient_bound).all()
