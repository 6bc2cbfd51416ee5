"""What an implementation claims of its arithmetic, in the quantities that the bounds of `rounding` are made of.

`u_s`, `u_a`, `u_m` are the unit roundoffs of storage, accumulation and multiplier inputs, d the number of features, N
of rows, m of targets. The model of arithmetic and its sources stand in `rounding`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from reference.formats import Format
from reference.upward import SMALLEST


@dataclass(frozen=True)
class Arithmetic:
    """What an implementation claims of its arithmetic.

    Parameters
    ----------
    storage
        the format that every intermediate array is stored in, and the result.
    accumulate
        the format in which sums and dot products are accumulated.
    multiply
        the format that inputs of matrix products are rounded to, `None` where they already fit.
    flushes
        whether subnormal results (and inputs) are replaced by zero.
    height
        how often a term of a sum may be rounded, where a summation tree is relied on; `None` for any order.
    extra_roundings
        roundings to `storage` of each gradient beyond the plain formula's (micro-batch weights, an all-reduce).
    parameters
        the format that parameters are kept and updated in, where it is wider than `storage` (mixed precision).
    through_gram
        whether the gradient is formed as `XᵀX v - Xᵀy`, with these products summed and stored first: what are terms of
        a residual elsewhere are then sums over the rows.
    wide_sums
        whether sums over the rows have the accumulator's range: what they come to is scaled to a mean before it is
        stored. Without it they must stay in the range of the storage as well.
    """

    storage: Format
    accumulate: Format
    multiply: Format | None = None
    flushes: bool = False
    height: int | None = None
    extra_roundings: int = 0
    parameters: Format | None = None
    through_gram: bool = False
    wide_sums: bool = False

    def rho(self, d: int) -> float:
        """`ρ = (1+u_m)² (1+u_a)^d (1+u_s)³ - 1`: the relative error of a residual, in units of `q_i`.

        Through XᵀX two products follow one another, and the inputs of both may be narrowed: `(1+u_m)⁴`.
        """
        narrowed = 4 if self.through_gram else 2
        return growth((self.narrowing, narrowed), (self.accumulate.unit_roundoff, d), (self.storage.unit_roundoff, 3))

    def sigma(self, rows: int) -> float:
        """`σ = (1+u_m)² (1+u_a)^N (1+u_s)⁶ - 1`: the relative error that scaling and summing add."""
        depth = rows if self.height is None else min(rows, self.height)
        return growth(
            (self.narrowing, 2),
            (self.accumulate.unit_roundoff, depth),
            (self.storage.unit_roundoff, 6 + self.extra_roundings),
        )

    def tau(self, terms: int) -> float:
        """`τ = (1+u_a)^(N m) (1+u_s)⁴ - 1`: the relative error that squaring and averaging add."""
        depth = terms if self.height is None else min(terms, self.height)
        return growth(
            (self.accumulate.unit_roundoff, depth),
            (self.storage.unit_roundoff, 4 + self.extra_roundings),
        )

    @property
    def updates(self) -> Format:
        """The format that parameters are kept and updated in."""
        return self.parameters or self.storage

    @property
    def omega(self) -> float:
        """`ω`: the absolute error of a result below the smallest normal number λ, `u λ`, or λ where it flushes."""
        coarse = max((self.storage, self.accumulate), key=lambda f: f.smallest_normal * f.unit_roundoff)
        # For float64, u λ is half of the smallest float64, and would itself round to zero.
        return max(coarse.smallest_normal * (1.0 if self.flushes else coarse.unit_roundoff), SMALLEST)

    @property
    def iota(self) -> float:
        """`ι`: the absolute error of an operand below the smallest normal number, from flushing or narrowing it."""
        flushed = self.omega if self.flushes else 0.0
        narrowed = self.narrowing * self.multiply.smallest_normal if self.multiply is not None else 0.0
        return flushed + narrowed

    @property
    def largest(self) -> float:
        """The largest number that every intermediate result can hold."""
        return min(self.storage.largest, self.accumulate.largest)

    @property
    def narrowing(self) -> float:
        """`u_m`: the unit roundoff of multiplier inputs, 0 where they fit."""
        if self.multiply is None or self.multiply.contains(self.updates):
            return 0.0
        return self.multiply.unit_roundoff


def growth(*factors: tuple[float, int]) -> float:
    """`Π (1 + u)^n - 1` over pairs (u, n), without cancellation; infinity beyond the largest float."""
    exponent = math.fsum(n * math.log1p(u) for u, n in factors)
    return math.expm1(exponent) if exponent < 700 else math.inf
