"""What is kept of a cell: one flat record, from which every table and report is made."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from gradagree.checking.check import Check
from gradagree.checking.verdict import Judgement, Verdict
from reference.formats import BY_NAME


@dataclass(frozen=True)
class Row:
    """A cell of the matrix and what was seen there.

    Parameters
    ----------
    implementation, framework, version, device, dtype, problem
        which cell it is; `version` is the framework's.
    steps
        of the problem.
    verdict, reason, notes
        the outcome, one sentence where it is not AGREES, and what else a reader should know.
    checks
        how many arrays were compared.
    gradient, update, loss, final
        the largest error/bound of each; `None` where it could not be compared.
    blind
        the quantities whose bounds were too wide to tell.
    resolution
        the smallest relative fault in a gradient that this cell would certainly have caught.
    distance, distance_in_theory
        from the minimiser, at the end of the run and of the exact run.
    repeated
        whether a second run gave the same bits; reported, and not required.
    seconds
        the time of the first run, the copying of its numbers included.
    rows
        of the problem's data, N.
    bits
        how many leading bits of the gradient are right, at its worst.
    curves
        what a plot of the run needs, thinned out (`gradagree.matrix.curves`); `None` where there are several features
        or targets.
    diagnosis
        which mistake explains every step of a run that disagrees; empty where none does.
    arithmetic
        the narrower arithmetic that a run which disagrees is consistent with, and what speaks for it; empty where
        there is none.
    step
        the step of what `reason` says; `None` where that is of no step.
    expected, issue
        the verdict of a known defect, and where that was reported; else AGREES, and nothing. Where more is wrong
        than the defect explains, AGREES was expected all the same, and the issue is told.
    """

    implementation: str
    framework: str
    version: str
    device: str
    dtype: str
    problem: str
    steps: int
    verdict: str
    reason: str = ""
    notes: tuple[str, ...] = ()
    checks: int = 0
    gradient: float | None = None
    update: float | None = None
    loss: float | None = None
    final: float | None = None
    blind: tuple[str, ...] = ()
    resolution: float | None = None
    distance: float | None = None
    distance_in_theory: float | None = None
    repeated: bool | None = None
    seconds: float | None = None
    rows: int | None = None
    bits: float | None = None
    curves: dict[str, Any] | None = None
    diagnosis: str = ""
    arithmetic: str = ""
    step: int | None = None
    expected: str = Verdict.AGREES.value
    issue: str = ""

    @property
    def cell(self) -> str:
        """The cell's name, `torch_manual-cpu-float32-stackoverflow`."""
        return f"{self.implementation}-{self.device}-{self.dtype}-{self.problem}"

    @property
    def unexpected(self) -> bool:
        """Whether the cell was run, and its verdict is not the one that is known of it: a defect, or one no more."""
        return self.verdict not in (self.expected, Verdict.NOT_RUN.value)

    @property
    def rank(self) -> int:
        """How alarming the row is, 0 the most: new disagreements, then known ones, then what nobody disagrees with."""
        disagrees = self.verdict in (Verdict.DISAGREES.value, Verdict.INVALID.value)
        groups = 2 * (not disagrees) + (not self.unexpected)
        return groups * len(Verdict) + [verdict.value for verdict in Verdict].index(self.verdict)

    @property
    def right_bits(self) -> float | None:
        """`bits`, as many as the format has at most: what lies beyond them is luck."""
        if self.bits is None or self.dtype not in BY_NAME:
            return self.bits
        return min(self.bits, float(BY_NAME[self.dtype].precision))

    @property
    def known(self) -> str:
        """Where what was seen was reported, if it is that and no more; else nothing."""
        return self.issue if self.verdict == self.expected else ""

    @property
    def why(self) -> str:
        """All that is told of the verdict, in one line: reason, arithmetic, known defect, diagnosis, notes."""
        known = f"known: {self.known}" if self.known else ""
        return " · ".join(part for part in (self.reason, self.arithmetic, known, self.diagnosis, *self.notes) if part)

    def with_judgement(self, judgement: Judgement) -> Row:
        """The row, filled with a judgement's figures."""

        def worst(check: Check | None) -> float | None:
            return check.worst_deviation.ratio if check else None

        return dataclasses.replace(
            self,
            verdict=judgement.verdict.value,
            reason=judgement.reason,
            step=judgement.step,
            notes=judgement.notes,
            arithmetic=judgement.arithmetic,
            checks=judgement.comparisons,
            gradient=worst(judgement.checks.get("gradient")),
            update=worst(judgement.checks.get("update")),
            loss=worst(judgement.checks.get("loss")),
            final=worst(judgement.checks.get("final")),
            blind=tuple(
                name for name, check in judgement.checks.items() if name != "start" and check.bound_exceeds_signal
            ),
            resolution=judgement.resolution,
            bits=gradient.bits if (gradient := judgement.checks.get("gradient")) else None,
            distance=judgement.distance,
            distance_in_theory=judgement.exact_distance,
        )

    def not_run(self, reason: str) -> Row:
        """The row of a cell that was not run."""
        return dataclasses.replace(self, verdict=Verdict.NOT_RUN.value, reason=reason)

    def invalid(self, reason: str) -> Row:
        """The row of a cell that did not get as far as a run."""
        return dataclasses.replace(self, verdict=Verdict.INVALID.value, reason=reason)

    def as_json(self) -> dict[str, Any]:
        """A dictionary of plain values; JSON has no infinity, so that and NaN become strings."""
        return {name: _plain(value) for name, value in dataclasses.asdict(self).items()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Row:
        """The row that `as_json` wrote."""
        return cls(**{name: _rich(value, name in FIGURES) for name, value in values.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _rich(value: Any, figure: bool) -> Any:
    if figure and isinstance(value, str):
        return float(value)
    return tuple(value) if isinstance(value, list) else value


# A text may read `nan` too: only a figure is a number then.
FIGURES = {field.name for field in dataclasses.fields(Row) if field.type == "float | None"}
