"""The answer to a judged run: that it agrees, or what is wrong with it and which mistake makes just these numbers."""

from __future__ import annotations

import dataclasses

import numpy as np

from gradagree.checking.verdict import Judgement, Verdict
from gradagree.cli import message
from gradagree.cli.case import Case
from gradagree.cli.outcome import Outcome
from gradagree.diagnosis.diagnosis import Diagnosis, doubtful
from gradagree.diagnosis.engine import diagnose
from gradagree.diagnosis.identify.means import over_the_rows
from gradagree.diagnosis.identify.wider import undecided
from gradagree.diagnosis.remarks import NOT_FINITE


def outcome(case: Case, judgement: Judgement, others: tuple[tuple[Case, Judgement], ...] = ()) -> Outcome:
    """The answer; `others` are runs of the same code on other problems that came out right as well."""
    diagnosis = _diagnosis(case)
    wider = _undecided(case, judgement, diagnosis)
    if wider is not None:
        judgement, diagnosis = wider, Diagnosis(None)
    if judgement.verdict in (Verdict.AGREES, Verdict.INCONCLUSIVE):
        return Outcome(judgement.verdict, message.agreement(case, judgement, diagnosis, others), assumed=case.assumed)
    mean = over_the_rows(case.trajectory, case.problem, case.claim)
    judgement = dataclasses.replace(judgement, notes=(*judgement.notes, *([mean] if mean else [])))
    finding = message.disagreement(case, judgement, diagnosis)
    wrong = judgement.first_wrong or diagnosis.first_wrong
    code, candidates = diagnosis.code, diagnosis.candidates
    if code is None and not case.trajectory.faults and message.not_finite(judgement) is not None:
        code, candidates = NOT_FINITE, (NOT_FINITE,)
    return Outcome(judgement.verdict, finding, code, candidates, wrong, case.assumed)


def _undecided(case: Case, judgement: Judgement, diagnosis: Diagnosis) -> Judgement | None:
    """Where the plain bounds do not hold what nobody has claimed, and wider ones do."""
    if not case.plainly or not doubtful(diagnosis):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        return undecided(judgement, case.trajectory, case.problem, case.claim)


def _diagnosis(case: Case) -> Diagnosis:
    """What explains the run."""
    with np.errstate(over="ignore", invalid="ignore"):
        return diagnose(case.trajectory, case.problem, case.claim, confirm=case.confirm)
