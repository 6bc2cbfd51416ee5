"""The answer to a judged run: that it agrees, or what is wrong with it and which mistake makes just these numbers."""

from __future__ import annotations

import dataclasses

from gradagree.checking.verdict import Judgement, Verdict
from gradagree.cli import message
from gradagree.cli.case import Case
from gradagree.cli.outcome import Outcome
from gradagree.diagnosis.catalogue import NOT_FINITE
from gradagree.diagnosis.conclusion import conclude
from gradagree.diagnosis.identify.means import over_the_rows


def outcome(case: Case, judgement: Judgement, others: tuple[tuple[Case, Judgement], ...] = ()) -> Outcome:
    """The answer; `others` are runs of the same code on other problems that came out right as well."""
    judgement, diagnosis = conclude(case.run, judgement, claimed=case.claimed, confirm=case.confirm)
    if judgement.verdict in (Verdict.AGREES, Verdict.INCONCLUSIVE):
        told = message.agreement(case, judgement, diagnosis, others)
        judgements = (judgement, *(other for _, other in others))
        return Outcome(judgement.verdict, told, assumed=case.assumed, judgements=judgements, diagnosis=diagnosis)
    mean = over_the_rows(case.run)
    judgement = dataclasses.replace(judgement, notes=(*judgement.notes, *([mean] if mean else [])))
    finding = message.disagreement(case, judgement, diagnosis)
    wrong = judgement.first_violation or diagnosis.first_violation
    code, candidates = diagnosis.code, diagnosis.candidates
    if code is None and not case.run.trajectory.protocol_errors and message.not_finite(judgement) is not None:
        code, candidates = NOT_FINITE, (NOT_FINITE,)
    return Outcome(judgement.verdict, finding, code, candidates, wrong, case.assumed, (judgement,), diagnosis)
