"""Operations in a narrow arithmetic, emulated in NumPy: what the probes must see through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradagree.checking.low_precision import rounded_to, to_bits, truncated_to
from reference.dyadic import FloatArray
from reference.formats import BFLOAT16, BY_NAME, TF32, Format

Rounding = Callable[[FloatArray], FloatArray]
Adding = Callable[[FloatArray], FloatArray]


def unchanged(values: FloatArray) -> FloatArray:
    return values


def rounding(narrow: Format) -> Rounding:
    return lambda values: rounded_to(values, narrow)


def cutting(narrow: Format) -> Rounding:
    return lambda values: truncated_to(values, narrow)


def as_two(values: FloatArray) -> FloatArray:
    """Two bfloat16 numbers for each."""
    first = rounded_to(values, BFLOAT16)
    return first + rounded_to(values - first, BFLOAT16)


def in_turn(bits: int) -> Adding:
    """One by one, in an accumulator of so many bits."""

    def add(terms: FloatArray) -> FloatArray:
        total: FloatArray = np.zeros_like(terms[0])
        for term in terms:
            total = to_bits(total + term, bits, np.rint)
        return total

    return add


in_float32 = in_turn(24)


def from_the_end(bits: int) -> Adding:
    return lambda terms: in_turn(bits)(terms[::-1])


def in_lanes(bits: int) -> Adding:
    """In 8 lanes, and then over these."""
    return lambda terms: in_turn(bits)(np.stack([in_turn(bits)(terms[lane::8]) for lane in range(8)]))


def in_pairs(bits: int) -> Adding:
    """Neighbours, and then neighbours' sums."""

    def add(terms: FloatArray) -> FloatArray:
        while len(terms) > 1:
            terms = to_bits(terms[::2] + terms[1::2], bits, np.rint)
        return np.asarray(terms[0])

    return add


def in_blocks(bits: int) -> Adding:
    """Four at a time and the sum so far, aligned to the largest of them and cut: as tensor cores add."""

    def add(terms: FloatArray) -> FloatArray:
        total: FloatArray = np.zeros_like(terms[0])
        for start in range(0, len(terms), 4):
            block = np.stack([total, *terms[start : start + 4]])
            unit = np.ldexp(1.0, np.frexp(np.abs(block).max(axis=0))[1] - bits)
            total = np.trunc(block / unit).sum(axis=0) * unit
        return total

    return add


def exactly(terms: FloatArray) -> FloatArray:
    """Without rounding: in extended integers, as far as the probes go."""
    scaled = np.frompyfunc(lambda value: int(value * 2**80), 1, 1)(terms)
    return np.asarray(scaled.sum(axis=0) / 2**80, dtype=np.float64)


@dataclass(frozen=True)
class Emulated:
    """A machine.

    Parameters
    ----------
    left, right
        what becomes of the factors of a matrix product.
    product
        what becomes of a product before it is added.
    add
        how terms are added, over the first axis.
    add_one_column
        the same for a matrix product with one column.
    results, operands
        what becomes of each result and each operand.
    """

    left: Rounding = unchanged
    right: Rounding = unchanged
    product: Rounding = unchanged
    add: Adding = in_float32
    add_one_column: Adding | None = None
    results: Rounding = unchanged
    operands: Rounding = unchanged

    def matmul(self, a: Any, b: Any) -> FloatArray:
        left, right = self.left(self._read(a)), self.right(self._read(b))
        add = self.add_one_column if self.add_one_column is not None and b.shape[1] == 1 else self.add
        return self._stored(add(self.product(left.T[:, :, None] * right[:, None, :])), a)

    def times(self, a: Any, b: Any) -> FloatArray:
        return self._stored(self._read(a) * self._read(b), a)

    def total(self, a: Any) -> FloatArray:
        return self._stored(self.add(self._read(a)), a)

    def gradient_of_b(self, a: Any) -> FloatArray:
        return self.total(a)

    def _read(self, values: Any) -> FloatArray:
        return self.operands(values.astype(np.float64))

    def _stored(self, values: FloatArray, like: Any) -> FloatArray:
        return self.results(values.astype(like.dtype).astype(np.float64))


def flushing(dtype: str) -> Rounding:
    """Zero where a number is below the normal range."""
    smallest = BY_NAME[dtype].smallest_normal
    return lambda values: np.where(np.abs(values) < smallest, 0.0, values)


IN_TF32 = Emulated(rounding(TF32), rounding(TF32))
