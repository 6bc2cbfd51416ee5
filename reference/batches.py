"""Batches of blocks of rows: their columns are cut into limbs, whose sums of products are added as int64."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from reference.blocks import LIMBS, LOWEST, Blocks, Exponents
from reference.dyadic import SIGNIFICAND, FloatArray, IntegerArray

CAPACITY = 64  # blocks: LIMBS * CAPACITY sums of at most 2**53 each stay within int64

# A BLAS call of so few multiplications stays in one thread. Threads that meet at every block gain little on an
# idle machine, and on a busy one cost a hundred times the product. Pieces too short are slower than that, though.
CALL, SHORTEST = 1 << 18, 64

# Grids of units, from `LOWEST` on, that neither overflow nor underflow in a product of limbs: the last limb of one row
# of the lowest grid has units 2**(-320 - 26 - 7 * 27), whose square is no less than the smallest subnormal. Below that,
# and above the highest grid, numbers go to big integers.
HIGHEST = 500

FAR = np.int64(1 << 32)  # the exponent of the lowest bit of a column of zeros
_MAGNITUDE = np.int64(np.iinfo(np.int64).max)  # all bits of a float but its sign: -0.0 is zero too
_INTEGER = (1 << (SIGNIFICAND - 2)) - 1  # the bits of 1.5 * 2**52 + n that say n


class Sums(NamedTuple):
    """`Σ_i z_ij z_ik = integers[j, k] * 2**(exponents[j] + exponents[k])` over `rows` rows, exactly.

    `exponents[j]` is that of the lowest bit in column j, 0 for a column of zeros; `magnitudes` holds
    `Σ_i |z_ij z_ik|`, each summed in float64 in some order.
    """

    rows: int
    integers: IntegerArray
    exponents: Exponents
    magnitudes: FloatArray


def limb_bits(rows: int) -> int:
    """The widest limbs, in bits c, whose products add up exactly over `rows` rows: `rows * 2**(2 c) ≤ 2**53`."""
    return (SIGNIFICAND - (rows - 1).bit_length()) // 2


class Batch:
    """Blocks whose limbs have the same units, so that their sums of products are added as int64."""

    def __init__(self, top: Exponents, bits: int, capacity: int) -> None:
        q = len(top)
        self.top, self.capacity = top, capacity
        self.units, self.width = top - bits, bits + 1
        self.depth = np.zeros(q, dtype=np.int64)
        self.rows = 0
        self._lowest = np.full(q, FAR)
        # Limbs a and b of two columns meet at the weight 2**(-width * (a + b)), whatever a and b are.
        self._sums = np.zeros((2 * LIMBS - 1, q, q), dtype=np.int64)
        self._magnitudes = np.zeros((q, q))

    def takes(self, top: Exponents) -> bool:
        """Whether a block with these exponents fits: neither too large for the grid nor a whole limb below it."""
        fits = (top <= self.top) & ((top > self.top - self.width) | (top == LOWEST))
        return self.capacity > 0 and bool(fits.all())

    def raised(self, top: Exponents) -> Exponents:
        """The grid of a next batch: kept where it is less than a limb too high, so that it soon rests."""
        return np.where(self.top - top < self.width, np.maximum(self.top, top), top)

    @property
    def ranks(self) -> Exponents:
        """The columns, those of many limbs first: the ones that have bits left are then always a prefix."""
        return np.argsort(-self.depth, kind="stable")

    def add(self, block: Blocks) -> npt.NDArray[np.bool_] | None:
        """Add the block; the rows left out because they need more limbs, `None` where there are none."""
        self._magnitudes += products(block.scratch)
        counts, rest = self._cut(block)
        limbs = block.limbs[: sum(counts)]
        spilled = (rest != 0).any(axis=0) if len(rest) else None
        if spilled is not None:
            limbs[:, spilled] = 0
        units = np.concatenate([self.units[:n] - level * self.width for level, n in enumerate(counts)])
        scales = np.ldexp(1.0, -units)
        integers = (products(limbs) * scales[:, None] * scales).astype(np.int64)
        ends = np.cumsum([0, *counts])
        for a, n in enumerate(counts):
            for b, k in enumerate(counts[: a + 1]):
                part = integers[ends[a] : ends[a + 1], ends[b] : ends[b + 1]]
                self._sums[a + b, :n, :k] += part
                if a != b:
                    self._sums[a + b, :k, :n] += part.T
        self.rows += block.length - (0 if spilled is None else int(spilled.sum()))
        self.capacity -= 1
        return spilled

    def _cut(self, block: Blocks) -> tuple[list[int], FloatArray]:
        """Fill `block.limbs`; how many columns have a first, second, … limb, and what is left of the columns."""
        rest, count, end = block.values, len(self.units), 0
        counts: list[int] = []
        working = np.ones(count, dtype=bool)
        while count and len(counts) < LIMBS:
            units = self.units[:count] - len(counts) * self.width
            # Added to 1.5 * 2**52 units, a number is rounded to units, and its integer stands in the low bits.
            anchors = np.ldexp(1.5, units + (SIGNIFICAND - 1))[:, None]
            rest, shifted = rest[:count], block.scratch[:count]
            limb = block.limbs[end : end + count]
            np.add(rest, anchors, out=shifted)
            np.subtract(shifted, anchors, out=limb)
            np.subtract(rest, limb, out=rest)
            counts.append(count)
            end += count
            left = (np.bitwise_or.reduce(rest.view(np.int64), axis=1) & _MAGNITUDE) != 0
            for j in np.flatnonzero(working[:count] & ~left):
                self.depth[j] = max(self.depth[j], len(counts))
                bits = int(np.bitwise_or.reduce(shifted[j].view(np.int64))) & _INTEGER
                if bits:
                    self._lowest[j] = min(self._lowest[j], units[j] + (bits & -bits).bit_length() - 1)
            working = left
            count = int(np.flatnonzero(left)[-1]) + 1 if left.any() else 0
        for j in np.flatnonzero(working[:count]):
            self.depth[j] = LIMBS
            self._lowest[j] = min(self._lowest[j], units[j])
        return counts, rest[:count]

    def sums(self, order: Exponents) -> Sums:
        """What was added, the columns in the order in which they came in, `order` being that of the blocks."""
        deepest = int(self.depth.max())
        integers = self._sums[0].astype(object)
        for diagonal in self._sums[1 : 2 * deepest - 1]:
            integers = (integers << self.width) + diagonal.astype(object)
        units = self.units - self.width * (deepest - 1)
        exponents = np.where(self._lowest == FAR, units, self._lowest)
        shifts = (exponents - units).astype(object)
        integers = integers >> (shifts[:, None] + shifts)
        exponents[self._lowest == FAR] = 0
        back = np.argsort(order)
        across = np.ix_(back, back)
        return Sums(self.rows, integers[across], exponents[back], self._magnitudes[across])


def products(columns: FloatArray) -> FloatArray:
    """`Σ_i z_ij z_ik` for columns given as rows, in float64."""
    q, n = columns.shape
    length = CALL // q**2
    with np.errstate(over="ignore"):
        if not SHORTEST <= length < n:
            return columns @ columns.T
        pieces = columns[:, : n - n % length].reshape(q, -1, length).transpose(1, 0, 2)
        tail = columns[:, n - n % length :]
        return np.asarray((pieces @ pieces.transpose(0, 2, 1)).sum(axis=0) + tail @ tail.T)
