"""What a form of evaluation claims of its arithmetic, and why: in the words that `--claim` takes.

The plain bound of a gradient has room for 6 roundings of each term to storage after its residual, that of a loss for
4, and a sum in the accumulator for as many as it has terms (`reference.rounding`). A form that rounds more claims it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from reference.arithmetic import Arithmetic
from reference.claims import claimed

ROOM = {"gradient": 6, "loss": 4}
Entries = Callable[[str, int, int], tuple[str, ...]]  # of storage, rows and targets


@dataclass(frozen=True)
class Claim:
    """What is claimed, and what makes it necessary.

    Parameters
    ----------
    name
        as it stands in the table.
    entries
        what `--claim` is given.
    reason
        the derivation.
    """

    name: str
    entries: Entries
    reason: str = ""

    def arithmetic(self, plain: Arithmetic, rows: int, targets: int) -> Arithmetic:
        return claimed(plain, self.entries(plain.storage.name, rows, targets))


PLAIN = Claim("plain", lambda *_: ())
GRAM = Claim(
    "through-gram",
    lambda *_: ("through-gram",),
    "sums over the rows are stored before they are subtracted: of |x||ŷ| and |x||y| or of XᵀX |v|, and not of |x||r|",
)
FUSED = Claim(
    "fused-update",
    lambda *_: ("fused-update",),
    "lr and the mean's scale make one constant, or the step has more digits than the gradient that is reported",
)


def stored(quantity: str, roundings: Callable[[int, int], int], written: str, reason: str) -> Claim:
    """The claim of a form that rounds each term to storage so many times after its residual."""

    def entries(_: str, rows: int, targets: int) -> tuple[str, ...]:
        return (f"extra_roundings={max(0, roundings(rows, targets) - ROOM[quantity])}",)

    return Claim(f"extra_roundings={written}", entries, reason)


def summed_in_storage(reason: str) -> Claim:
    """The claim of a form that stores the sum as far as it has come, row by row."""
    return Claim("accumulate=storage", lambda storage, *_: (f"accumulate={storage}",), reason)


def running_mean(quantity: str, made_by: int) -> Claim:
    """The claim of `mean += (t - mean) / k`, where so many roundings make the term t.

    With δ the rounding of the mean and δ' those of the difference, the quotient and k (three at most), step k gives
    `mean_k = [(1 - 1/k)(1 - δ'/(k-1)) mean_{k-1} + (1 + δ') t_k / k] (1 + δ)`.
    So a term that came first takes N - 1 times δ and `Σ_{k=2}^{N} 3/(k-1) = 3 H_{N-1}` more; one that came later takes
    its own three, and less of the others. N - 1 + 3 + 3 H_{N-1} bounds all of them, of which the sum has room for N.
    """

    def entries(storage: str, rows: int, targets: int) -> tuple[str, ...]:
        terms = rows if quantity == "gradient" else rows * targets
        more = made_by + 2 + math.ceil(3 * math.fsum(1 / k for k in range(1, terms))) - ROOM[quantity]
        return f"accumulate={storage}", f"extra_roundings={max(0, more)}"

    return Claim(
        "accumulate=storage, extra_roundings=3H",
        entries,
        "each step rounds the mean; difference, quotient and k are rounded too, of which a term that is in the mean "
        "takes the share 1/(k-1): 3 H(N-1) in all, with H the harmonic number (see `tools/attack/claims.py`)",
    )
