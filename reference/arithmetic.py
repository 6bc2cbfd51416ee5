"""What an implementation claims of its arithmetic, in the quantities that the bounds of `rounding` are made of.

`u_s`, `u_a`, `u_m` are the unit roundoffs of storage, accumulation and multiplier inputs, d the number of features, N
of rows, m of targets. The model of arithmetic and its sources stand in `rounding`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from reference.formats import FLOAT64, Format
from reference.inflation import SMALLEST


@dataclass(frozen=True)
class Blocks:
    """A matrix unit that adds `terms` products at a time, cut after so many bits of the largest of them.

    Products and the sum so far are aligned to the largest exponent among them and keep `bits` bits behind its leading
    one; the block's sum then keeps `result` bits. So a block errs by `(n + 1) 2^-bits + 2^-result` of what it adds.
    Source: Fasi, Higham, Mikaitis & Pranesh, *Numerical behavior of NVIDIA tensor cores*, PeerJ Comput. Sci. 7:e330,
    2021; later units: arXiv 2511.10909 and 2512.07004.
    """

    terms: int
    bits: int
    result: int = 23

    @property
    def error(self) -> float:
        """`(n + 1) 2^-bits + 2^-result`."""
        return (self.terms + 1) * 2.0**-self.bits + 2.0**-self.result


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
        roundings to `storage` beyond the plain formula's, of a residual and of what it adds to a gradient or a loss
        (micro-batch weights, an all-reduce, weighted rows).
    parameters
        the format that parameters are kept and updated in, where it is wider than `storage` (mixed precision).
    through_gram
        whether the gradient is formed as `XᵀX v - Xᵀy`, or `Xᵀŷ - Xᵀy`, with these products summed and stored first:
        what are terms of a residual elsewhere are then sums over the rows.
    wide_sums
        whether sums over the rows have the accumulator's range: what they come to is scaled to a mean before it is
        stored. Without it they must stay in the range of the storage as well.
    partial_sums_from
        from how many terms on a plain sum, one that is no matrix product, stores its partial sums; `None` for never.
    blocks
        the matrix unit that sums products, where it is not one addition at a time.
    pieces
        into how many products of narrower numbers each product of a matrix product is taken apart.
    fused_update
        whether the update is formed from more than the gradient that is reported: with lr and the mean's scale in one
        constant, or from a gradient of more digits.
    scalars
        the format in which an optimizer's hyperparameters are kept, and in which what follows from them alone is
        computed, `1 - β₂ᵗ` for one; `None` for float64 where that is the dtype, and float32 elsewhere.
    constants
        the format that such a number is rounded to before it meets an array; `None` for that of the intermediates.
    intermediates
        the format that the intermediate results of an update are kept in until the next parameters and the next state
        are stored; `None` for the parameters' own.
    dyadic
        whether all constants of the evaluation are powers of two where N m is one, so that nothing rounds where data
        are on a lattice (`reference.lattice`). It says nothing of the bounds in `rounding`.
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
    partial_sums_from: int | None = None
    blocks: Blocks | None = None
    pieces: int = 1
    fused_update: bool = False
    scalars: Format | None = None
    constants: Format | None = None
    intermediates: Format | None = None
    dyadic: bool = False

    def rho(self, d: int, rows: int = 0) -> float:
        """`ρ = (1+u_m)² (1+u_a)^d (1+u_s)³ - 1`: the relative error of a residual, in units of `q_i`.

        Of several features `(1+u_s)⁴` where sums are wider than storage, since each product may be stored before it is
        summed. Through XᵀX two products follow one another, and the inputs of both may be narrowed: `(1+u_m)⁴`, and a
        sum over the rows comes besides.
        """
        narrowed, stored = (4 if self.through_gram else 2), 3 + self.extra_roundings
        stored += d > 1 and self.storage != self.accumulate
        return growth((self.narrowing, narrowed), self.added(d + rows), (self.storage.unit_roundoff, stored))

    def sigma(self, rows: int) -> float:
        """`σ = (1+u_m)² (1+u_a)^N (1+u_s)⁶ - 1`: the relative error that scaling and summing add."""
        stored = 6 + self.extra_roundings + self.stores_partial_sums(rows)
        return growth((self.narrowing, 2), self.added(self.depth(rows)), (self.storage.unit_roundoff, stored))

    def tau(self, terms: int) -> float:
        """`τ = (1+u_m)² (1+u_a)^(N m) (1+u_s)⁴ - 1`: the relative error that squaring and averaging add.

        The inputs of multipliers count, since squares may be summed as a product, `rᵀ r`.
        """
        stored = 4 + self.extra_roundings + self.stores_partial_sums(terms)
        return growth((self.narrowing, 2), self.added(self.depth(terms)), (self.storage.unit_roundoff, stored))

    def depth(self, terms: int) -> int:
        """How often a term of a sum over so many may be rounded: N - 1 times in any order, and once as a product."""
        return terms if self.height is None else min(terms, self.height)

    def added(self, depth: int) -> tuple[float, int]:
        """How a sum so deep errs, as a factor `(1 + u)^n`: the worse of one by one and in the unit's blocks.

        A product that is taken apart is so many terms, which add up to a little more than it: one more is counted.
        """
        if self.pieces > 1:
            depth *= self.pieces + 1
        ways = [(self.accumulate.unit_roundoff, depth)]
        if self.blocks is not None:
            ways.append((self.blocks.error, -(-depth // self.blocks.terms)))
        return max(ways, key=lambda way: way[1] * math.log1p(way[0]))

    def stores_partial_sums(self, terms: int) -> bool:
        """Whether a plain sum of so many terms stores partial sums, in `storage`."""
        return self.partial_sums_from is not None and terms >= self.partial_sums_from

    @property
    def updates(self) -> Format:
        """The format that parameters are kept and updated in."""
        return self.parameters or self.storage

    @property
    def omega(self) -> float:
        """`ω`: the absolute error of a result below the smallest normal number λ, `u λ`, or λ where it flushes.

        The larger of storage's and the accumulator's: sums underflow where they are taken, results where they are kept.
        """
        formats = (self.storage, self.accumulate)
        # For float64, u λ is half of the smallest float64, and would itself round to zero.
        return max(*(f.smallest_normal * (1.0 if self.flushes else f.unit_roundoff) for f in formats), SMALLEST)

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
    """`Π (1 + u)^n - 1` over pairs (u, n), from above and without cancellation; infinity beyond the largest float.

    The exponent is a sum of at most four relative errors of float64's u, and so is what `expm1` makes of it: both are
    lifted by that much.
    """
    lifted = 1 + 4 * FLOAT64.unit_roundoff
    exponent = math.fsum(n * math.log1p(u) for u, n in factors) * lifted
    return math.expm1(exponent) * lifted if exponent < 700 else math.inf
