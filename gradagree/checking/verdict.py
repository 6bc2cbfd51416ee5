"""What the judge says: a verdict, and the figures it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from reference.dyadic import FloatArray


class Verdict(Enum):
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


# How quantities are written, before and behind an index.
SUFFIXES = {"gradient": ".grad", "curvature": " of H"}
AT_THE_END = {"final": " at the end"}
SUBJECTS = {"distance": "distance from the minimiser"}


@dataclass(frozen=True)
class Deviation:
    """One compared number.

    Parameters
    ----------
    quantity
        what was compared, as in `Check`.
    step
        of the run; for an update, the step that made it; for second derivatives, the direction.
    parameter
        `"w"` or `"b"`; empty where the quantity is of no parameter, as the loss.
    index
        of the number in its parameter: `(row, target)` in w, `(target,)` in b. `None` stands for a whole axis, over
        which the 2-norm is taken; empty where the parameter is one number, or there is none.
    got, error, bound
        the number, its distance from the exact one, and the distance allowed.
    exact
        the exact number, rounded, where the number is not finite and its distance does not tell.
    """

    quantity: str
    step: int
    parameter: str
    index: tuple[int | None, ...]
    got: float
    error: float
    bound: float
    exact: float | None = None

    @property
    def expected(self) -> float:
        """The exact number, rounded."""
        return self.got - self.error if self.exact is None else self.exact

    @property
    def ratio(self) -> float:
        """`|error| / bound`; beyond 1 lies no evaluation of the formula in the arithmetic that was claimed.

        Of other algebra, or of an arithmetic that nobody claimed, it says nothing: see `reference.claims`.
        """
        return ratio_of(abs(self.error), self.bound)

    @property
    def subject(self) -> str:
        """What it is a number of, as a user would write it: `w.grad`, `b at the end`, `loss`."""
        if not self.parameter:
            return SUBJECTS.get(self.quantity, self.quantity)
        return f"{self.parameter}{SUFFIXES.get(self.quantity, '')}{AT_THE_END.get(self.quantity, '')}"

    @property
    def place(self) -> str:
        """The same with its index: `w.grad[0, 0]`, `w[…, 1] at the end`."""
        if not self.index:
            return self.subject
        index = ", ".join("…" if i is None else str(i) for i in self.index)
        return f"{self.parameter}{SUFFIXES.get(self.quantity, '')}[{index}]{AT_THE_END.get(self.quantity, '')}"

    def __str__(self) -> str:
        counted = "direction" if self.quantity == "curvature" else "step"
        return (
            f"{counted} {self.step}, {self.place}: got {self.got:.9g}, exact {self.expected:.9g}, "
            f"allowed ±{self.bound:.2g}, error/bound {self.ratio:.3g}"
        )


def ratio_of(error: float, bound: float) -> float:
    """`error / bound`, 0 where both are 0."""
    if error == 0:
        return 0.0
    return error / bound if bound > 0 else float("inf")


@dataclass(frozen=True)
class Check:
    """All comparisons of one quantity over a run.

    Parameters
    ----------
    quantity
        `"start"`, `"gradient"`, `"update"`, `"loss"`, `"final"`, `"distance"` or `"curvature"`.
    count
        how many arrays were compared.
    worst
        the comparison with the largest error/bound.
    first_wrong
        the earliest that lies outside its bound, `None` if all lie inside.
    resolution
        the smallest relative fault in the quantity that this check would certainly have caught; 1 or more is blind.
    ratios
        the worst error/bound of each step, `(K,)`.
    bits
        how many leading bits of the quantity are right at its worst, on the scale of the whole run; unlike a ratio it
        does not depend on what was claimed.
    """

    quantity: str
    count: int
    worst: Deviation
    first_wrong: Deviation | None
    resolution: float
    ratios: FloatArray = field(repr=False, compare=False)
    bits: float | None = None

    @property
    def blind(self) -> bool:
        """Whether the bound has reached its signal, so that passing says nothing."""
        return not (self.resolution < 1)


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
    distance, distance_in_theory
        `‖V - V*‖₂` at the end of the run, and what it is at the end of the exact run; `V*` is the minimiser.
    arithmetic
        where the run disagrees, the narrower arithmetic that it is consistent with, and what speaks for it; empty
        where there is none.
    step
        the step of what the reason says; `None` where that is of no step.
    first_wrong
        the first number that is not finite and should be; else the earliest outside its bound.
    """

    verdict: Verdict
    reason: str
    checks: dict[str, Check]
    notes: tuple[str, ...] = ()
    distance: float | None = None
    distance_in_theory: float | None = None
    arithmetic: str = ""
    step: int | None = None
    first_wrong: Deviation | None = None

    @property
    def resolution(self) -> float | None:
        """The smallest relative fault in a gradient that would certainly have been caught."""
        check = self.checks.get("gradient") or self.checks.get("update")
        return check.resolution if check else None

    @property
    def comparisons(self) -> int:
        """How many arrays were compared in all."""
        return sum(check.count for check in self.checks.values())
