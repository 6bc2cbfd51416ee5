"""What of a script lies outside least squares, in words: the operations between its parameters and its loss.

The same lattice for every framework. A number that depends on parameters is `BARE` (a parameter itself, at most
reshaped and scaled), `LINEAR` (affine in them, once they have met data), `SQUARE` (of second degree) or `OTHER`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

BARE, LINEAR, SQUARE, OTHER = range(4)

PENALTY = "its loss adds a term of the parameters alone (regularisation)"


@dataclass
class Scope:
    """What was seen that least squares do not have."""

    outside: list[str] = field(default_factory=list)  # what no mistake of the catalogue is: another model, another loss
    unusual: list[str] = field(default_factory=list)  # what one may be: where it is none of them, it is outside as well
    declared: str | None = None  # the reduction that the loss names by a word, where it is `"sum"`

    def product(self, kinds: Sequence[int], data: bool, alike: bool) -> int:
        """What a product is.

        Parameters
        ----------
        kinds
            of those factors that depend on parameters.
        data
            whether another factor is data.
        alike
            whether the factors are the same number.
        """
        if len(kinds) == 1:
            return LINEAR if data and kinds[0] == BARE else kinds[0]
        if max(kinds) == OTHER:
            return OTHER
        if BARE in kinds:
            self.note(PENALTY if alike else "it multiplies parameters with each other")
            return OTHER
        if set(kinds) == {LINEAR}:
            return SQUARE
        self.doubt("its loss multiplies more than two numbers that depend on parameters")
        return OTHER

    def power(self, kind: int, exponent: float | None) -> int:
        """What a power is, of an exponent that is a known number or not."""
        if exponent == 1 or kind == OTHER:
            return kind
        if kind == BARE:
            self.note(PENALTY)
            return OTHER
        if kind == LINEAR and exponent == 2:
            return SQUARE
        shown = "a power" if exponent is None else f"`** {exponent:g}`"
        self.doubt(f"its loss passes through {shown}")
        return OTHER

    def through(self, kind: int, name: str, usual: bool) -> int:
        """What any other function of a number is; `usual` where a mistake of the catalogue has it."""
        if kind == BARE and usual:
            self.note(PENALTY)
        else:
            (self.doubt if usual else self.note)(f"its loss passes through `{name}`")
        return OTHER

    def end(self, kind: int) -> None:
        """What the loss itself is."""
        if kind in (BARE, LINEAR):
            self.doubt("its loss squares nothing")

    def among_data(self) -> None:
        """That data multiply what is no parameter."""
        self.doubt("data multiply what is no parameter (weights of the rows)")

    def note(self, what: str) -> None:
        """Something outside, said once."""
        self.outside += [what] if what not in self.outside else []

    def doubt(self, what: str) -> None:
        """Something unusual, said once."""
        self.unusual += [what] if what not in self.unusual else []

    def add(self, other: Scope) -> None:
        """What was seen of another gradient too."""
        for what in other.outside:
            self.note(what)
        for what in other.unusual:
            self.doubt(what)
        self.declared = self.declared or other.declared
