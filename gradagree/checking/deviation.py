"""One number beside the exact one: where it stands in a run, how far off it is, and how far it may be."""

from __future__ import annotations

from dataclasses import dataclass

# How quantities are written, before and behind an index; those of an optimizer's state by their own names.
SUFFIXES = {"gradient": ".grad", "curvature": " of H", "grad": ".grad", "memory": "'s memory"}
SUFFIXES |= dict.fromkeys(("start", "update", "param", "final", "distance", "loss"), "")
AT_THE_END = {"final": " at the end", "grad": " after the step"}
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
        return f"{self.parameter}{self._suffix}{AT_THE_END.get(self.quantity, '')}"

    @property
    def place(self) -> str:
        """The same with its index: `w.grad[0, 0]`, `w[…, 1] at the end`."""
        if not self.index:
            return self.subject
        index = ", ".join("…" if i is None else str(i) for i in self.index)
        return f"{self.parameter}{self._suffix}[{index}]{AT_THE_END.get(self.quantity, '')}"

    @property
    def _suffix(self) -> str:
        return SUFFIXES.get(self.quantity, f".{self.quantity}")

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
