"""What a form of evaluation claims of its arithmetic, and why; `PLAIN` claims nothing.

The plain bound of a gradient has room for 6 roundings of each term to storage after its residual, that of a loss for 4
(`reference.rounding`). `LIMITS` are these; what a form needs beyond is claimed as `extra_roundings`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LIMITS = {"gradient": 6, "loss": 4}


@dataclass(frozen=True)
class Claim:
    """Fields of `Arithmetic`, and what makes them necessary.

    Parameters
    ----------
    name
        as it stands in the table, and as `--claim` takes it.
    fields
        of `Arithmetic`, for so many rows and targets.
    reason
        the derivation.
    """

    name: str
    fields: Callable[[int, int], dict[str, Any]]
    reason: str = ""


PLAIN = Claim("plain", lambda *_: {})
GRAM = Claim(
    "through_gram",
    lambda *_: {"through_gram": True},
    "sums over the rows are stored before they are subtracted: of |x||ŷ| and |x||y| or of XᵀX |v|, and not of |x||r|",
)
FUSED = Claim(
    "fused_update",
    lambda *_: {"fused_update": True},
    "lr and the mean's scale make one constant, or the step has more digits than the gradient that is reported",
)


def stored(quantity: str, roundings: Callable[[int, int], int], written: str, reason: str) -> Claim:
    """The claim of a form that rounds each term to storage so many times after its residual."""

    def fields(rows: int, targets: int) -> dict[str, Any]:
        extra = roundings(rows, targets) - LIMITS[quantity]
        return {"extra_roundings": extra} if extra > 0 else {}

    return Claim(f"extra_roundings={written}", fields, reason)


def running_mean(rows: int, before: int) -> int:
    """Roundings to storage of a term in `mean += (t - mean) / k`, where `before` of them make the term t.

    With δ the rounding of the mean and δ' those of the difference, the quotient and k (three at most), step k gives
    `mean_k = [(1 - 1/k)(1 - δ'/(k-1)) mean_{k-1} + (1 + δ') t_k / k] (1 + δ)`.
    So a term that came first takes N - 1 times δ and `Σ_{k=2}^{N} 3/(k-1) = 3 H_{N-1}` more; one that came later takes
    its own three, and less of the others. N - 1 + 3 + 3 H_{N-1} bounds all of them.
    """
    harmonic = math.fsum(1 / k for k in range(1, rows))
    return before + rows - 1 + 3 + math.ceil(3 * harmonic)
