"""What the judge says: a verdict, and the figures it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gradagree.checking.check import Check
from gradagree.checking.deviation import Deviation


class Verdict(StrEnum):
    """The outcome of a cell, most alarming first."""

    DISAGREES = "DISAGREES"
    """A number lies outside its bound: a wrong gradient or update, or an arithmetic other than the one claimed."""
    INVALID = "INVALID"
    """No number to compare: it raised, or the shape, dtype, device or number of steps is another."""
    INCONCLUSIVE = "INCONCLUSIVE"
    """Nobody can tell: the bounds are too wide (too many rows, too few bits); or numbers outside those of the plain
    formula, of code that claims nothing, lie inside those of another right one."""
    NOT_RUN = "NOT RUN"
    """The framework or the device is not here."""
    AGREES = "AGREES"
    """Every number lies inside its bound, and the bounds were narrow enough to tell."""

    @property
    def severity(self) -> int:
        """How alarming it is: 0 the least, for AGREES."""
        return len(Verdict) - 1 - list(Verdict).index(self)


@dataclass(frozen=True)
class Judgement:
    """A verdict with its reason and its figures.

    Parameters
    ----------
    verdict
        the outcome.
    reason
        one sentence, empty where everything agrees.
    checks
        by quantity; those that were possible.
    notes
        what else a reader should know, one sentence each.
    distance, exact_distance
        `‖V - V*‖₂` at the end of the run, and what it is at the end of the exact run; `V*` is the minimiser.
    arithmetic
        where the run disagrees, the narrower arithmetic that it is consistent with, and what speaks for it; empty
        where there is none.
    step
        the step of what the reason says; `None` where that is of no step.
    first_violation
        the first number that is not finite and should be; else the earliest outside its bound.
    """

    verdict: Verdict
    reason: str
    checks: dict[str, Check]
    notes: tuple[str, ...] = ()
    distance: float | None = None
    exact_distance: float | None = None
    arithmetic: str = ""
    step: int | None = None
    first_violation: Deviation | None = None

    @property
    def resolution(self) -> float | None:
        """The smallest relative fault in a gradient that would certainly have been caught."""
        check = self.checks.get("gradient") or self.checks.get("update")
        return check.resolution if check else None

    @property
    def violated(self) -> frozenset[str]:
        """The quantities of which a number lies outside its bound, `"gradient"` and so on."""
        return frozenset(name for name, check in self.checks.items() if check.first_violation is not None)

    @property
    def comparisons(self) -> int:
        """How many arrays were compared in all."""
        return sum(check.count for check in self.checks.values())
