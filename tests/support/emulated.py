"""Operations in a narrow arithmetic, emulated in NumPy: what the probes must see through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from gradagree.checking.low_precision import rounded_to, to_bits, truncated_to
from reference.dyadic import FloatArray
from reference.formats import BFLOAT16, BY_NAME, TF32, Format
from tools.attack import orders, units

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


def _added(order: Callable[..., FloatArray], bits: int) -> Adding:
    """In an order of summation, each sum rounded to so many bits."""
    return partial(order, add=lambda a, b: to_bits(a + b, bits, np.rint))


def in_turn(bits: int) -> Adding:
    """One by one, in an accumulator of so many bits."""
    return _added(orders.in_turn, bits)


def from_the_end(bits: int) -> Adding:
    return _added(orders.backwards, bits)


def in_lanes(bits: int) -> Adding:
    """In 8 lanes, and then over these."""
    return _added(orders.in_lanes, bits)


def in_pairs(bits: int) -> Adding:
    """Neighbours, and then neighbours' sums."""
    return _added(orders.in_pairs, bits)


in_float32 = in_turn(24)


def in_blocks(bits: int) -> Adding:
    """Four at a time and the sum so far, aligned to the largest of them and cut: as tensor cores add."""
    return partial(units.in_blocks, size=4, bits=bits - 1)


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
