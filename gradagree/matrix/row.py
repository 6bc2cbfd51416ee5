"""What is kept of a cell: one flat record, from which every table and report is made.

Its fields are declared here and nowhere else: msgspec reads rows by these types, and makes their JSON Schema of them.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from gradagree.checking.check import Check
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.matrix.curves import Curves, check_lengths
from reference.formats import BY_NAME

BAD = (Verdict.DISAGREES, Verdict.INVALID)

Count = Annotated[int, Meta(ge=0, le=2**53)]  # up to here every JSON reader has the same whole numbers
if TYPE_CHECKING:
    Figure = float | None
    VerdictName = str  # empty of a cell that nothing is known of yet
else:  # JSON has no infinity: it stands there as a text
    Figure = float | Literal["inf", "-inf", "nan"] | None
    VerdictName = Verdict


@dataclass(frozen=True)
class Row:
    """A cell of the matrix and what was seen there."""

    implementation: Annotated[str, Meta(min_length=1)]
    framework: str
    version: Annotated[str, Meta(description="the framework's; empty where it is not installed")]
    device: str
    dtype: str
    problem: str
    steps: Annotated[Count, Meta(description="0 for second derivatives, which are taken at one point")]
    verdict: VerdictName
    reason: Annotated[str, Meta(description="one sentence where the verdict is not AGREES: first wrong number")] = ""
    notes: Annotated[tuple[str, ...], Meta(description="what else a reader should know")] = ()
    checks: Annotated[Count, Meta(description="how many arrays were compared")] = 0
    gradient: Annotated[Figure, Meta(description="largest error/bound; null where it could not be compared")] = None
    update: Annotated[Figure, Meta(description="largest error/bound")] = None
    loss: Annotated[Figure, Meta(description="largest error/bound")] = None
    final: Annotated[Figure, Meta(description="error/bound of the last iterate")] = None
    blind: Annotated[tuple[str, ...], Meta(description="quantities whose bounds were too wide to tell")] = ()
    resolution: Annotated[
        Figure, Meta(description="smallest relative fault in a gradient that would certainly have been caught")
    ] = None
    distance: Annotated[Figure, Meta(description="from the minimiser, at the end of the run")] = None
    distance_in_theory: Annotated[Figure, Meta(description="the same of the exact run")] = None
    repeated: Annotated[bool | None, Meta(description="whether a second run gave the same bits; not required")] = None
    seconds: Annotated[Figure, Meta(description="time of the first run, copying its numbers included")] = None
    rows: Annotated[Count | None, Meta(description="N, the rows of the problem's data")] = None
    bits: Annotated[
        Figure, Meta(description="right leading bits of the gradient at its worst, on the scale of the whole run")
    ] = None
    curves: Annotated[
        Curves | None, Meta(description="what a plot of the run needs; null with several features or targets")
    ] = None
    diagnosis: Annotated[str, Meta(description="which mistake explains every step of a run that disagrees")] = ""
    arithmetic: Annotated[
        str, Meta(description="the narrower arithmetic that a run which disagrees is consistent with, and its evidence")
    ] = ""
    step: Annotated[Count | None, Meta(description="the step of what `reason` says; null where that is of none")] = None
    expected: Annotated[
        VerdictName,
        Meta(description="the verdict of a known defect; AGREES where there is none, or more is wrong"),
    ] = Verdict.AGREES
    issue: Annotated[str, Meta(description="where a known defect was reported")] = ""

    def __post_init__(self) -> None:
        for name in FIGURES:
            if isinstance(value := getattr(self, name), str):
                object.__setattr__(self, name, float(value))
        if self.curves is not None:
            check_lengths(self.curves)

    @property
    def cell(self) -> str:
        """The cell's name, `torch_manual-cpu-float32-stackoverflow`."""
        return f"{self.implementation}-{self.device}-{self.dtype}-{self.problem}"

    @property
    def unexpected(self) -> bool:
        """Whether the cell was run, and its verdict is not the one that is known of it: a defect, or one no more."""
        return self.verdict not in (self.expected, Verdict.NOT_RUN)

    @property
    def rank(self) -> int:
        """How alarming the row is, 0 the most: what is unexpected, wrong before mended; known defects; all else."""
        groups = 2 * (not self.unexpected) + (self.verdict not in BAD)
        return (groups + 1) * len(Verdict) - 1 - Verdict(self.verdict).severity

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
        """All that explains the verdict, in one line: reason, arithmetic, known defect, diagnosis, notes."""
        known = f"known: {self.known}" if self.known else ""
        return " · ".join(part for part in (self.reason, self.arithmetic, known, self.diagnosis, *self.notes) if part)

    def with_judgement(self, judgement: Judgement) -> Row:
        """The row, filled with a judgement's figures."""

        def worst(check: Check | None) -> float | None:
            return check.worst_deviation.ratio if check else None

        return dataclasses.replace(
            self,
            verdict=judgement.verdict,
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
        return dataclasses.replace(self, verdict=Verdict.NOT_RUN, reason=reason)

    def invalid(self, reason: str) -> Row:
        """The row of a cell that did not get as far as a run."""
        return dataclasses.replace(self, verdict=Verdict.INVALID, reason=reason)

    def as_json(self) -> dict[str, Any]:
        """A dictionary of plain values; JSON has no infinity, so that and NaN become strings."""
        values: dict[str, Any] = msgspec.to_builtins(self) | {"notes": [*self.notes], "blind": [*self.blind]}
        for name in FIGURES:
            if values[name] is not None and not math.isfinite(values[name]):
                values[name] = str(values[name])
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Row:
        """The row that `as_json` wrote; fields that `Row` does not have came later, and are left out.

        Raises
        ------
        msgspec.ValidationError
            if a field is missing or of another type.
        """
        return msgspec.convert(values, cls)


FIGURES = tuple(field.name for field in dataclasses.fields(Row) if "Figure" in str(field.type))
