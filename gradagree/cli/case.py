"""A recorded run with all that was assumed of it; judged, and diagnosed where it is wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gradagree.cli import message
from gradagree.cli.outcome import Outcome
from gradagree.compare import compare
from gradagree.convention import scale
from gradagree.diagnose import Diagnosis, diagnose, doubtful, theory
from gradagree.diagnose.remarks import NOT_FINITE
from gradagree.identify.means import over_the_rows
from gradagree.identify.wider import undecided
from gradagree.mistakes.view import View
from gradagree.trajectory import Trajectory
from gradagree.verdict import Judgement, Verdict
from reference.arithmetic import Arithmetic
from reference.problem import Problem


@dataclass(frozen=True)
class Case:
    """A run to be judged.

    Parameters
    ----------
    label
        what is checked, as the user gave it.
    trajectory, problem, claim, convention
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
    convention: str
    device: str
    assumed: dict[str, str]
    confirm: Callable[[Problem], Trajectory] | None = None
    notes: tuple[str, ...] = ()
    plainly: bool = True

    def judge(self) -> Judgement:
        """The verdict on the run."""
        with np.errstate(over="ignore", invalid="ignore"):  # a run may diverge as far as it likes
            return compare(self.trajectory, self.problem, self.claim, self.convention)

    def outcome(self, judgement: Judgement, others: tuple[tuple[Case, Judgement], ...] = ()) -> Outcome:
        """The answer; `others` are runs of the same code on other problems that came out right as well."""
        diagnosis = self._diagnosis()
        undecided = self._undecided(judgement, diagnosis)
        if undecided is not None:
            judgement, diagnosis = undecided, Diagnosis(None)
        if judgement.verdict in (Verdict.AGREES, Verdict.INCONCLUSIVE):
            return Outcome(
                judgement.verdict, message.agreement(self, judgement, diagnosis, others), assumed=self.assumed
            )
        mean = over_the_rows(self.trajectory, self.problem, self.claim) if self.convention == "mse" else ""
        judgement = dataclasses.replace(judgement, notes=(*judgement.notes, *([mean] if mean else [])))
        finding = message.disagreement(self, judgement, diagnosis)
        wrong = judgement.first_wrong or diagnosis.first_wrong
        code, candidates = diagnosis.code, diagnosis.candidates
        if code is None and not self.trajectory.faults and message.not_finite(judgement) is not None:
            code, candidates = NOT_FINITE, (NOT_FINITE,)
        return Outcome(judgement.verdict, finding, code, candidates, wrong, self.assumed)

    def _undecided(self, judgement: Judgement, diagnosis: Diagnosis) -> Judgement | None:
        """Where the plain bounds do not hold what nobody has claimed, and wider ones do."""
        if not self.plainly or not doubtful(diagnosis):
            return None
        with np.errstate(over="ignore", invalid="ignore"):
            return undecided(judgement, self.trajectory, self.problem, self.claim, self.convention)

    def divergence(self) -> tuple[str, ...]:
        """That the learning rate is beyond the limit, if it is; of a run whose steps are right."""
        run = View(self.trajectory, self.problem, self.claim, float(scale(self.convention, self.problem)))
        return theory.divergence(run)

    def _diagnosis(self) -> Diagnosis:
        """What explains the run."""
        with np.errstate(over="ignore", invalid="ignore"):
            return diagnose(self.trajectory, self.problem, self.claim, convention=self.convention, confirm=self.confirm)
