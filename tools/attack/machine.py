"""The arithmetic that correct code runs in: every operation rounded once to the format it is stored in.

NumPy's own float64, float32 and float16, and `ml_dtypes`' bfloat16, round each elementwise operation to nearest once:
the narrow ones are computed in float32, which has more than twice their digits and two, so that its rounding does no
harm (Figueroa, *When is double rounding innocuous?*, SIGNUM Newsl. 30, 1995).

Nothing here is shared with `reference/`: an error would have to be made twice. The error-free sums and orders of
summation here are those of the trial and of the emulated devices of the tests as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

from tools.attack.orders import Order, in_turn

Array = npt.NDArray[Any]

DTYPES: dict[str, np.dtype[Any]] = {
    "float64": np.dtype(np.float64),
    "float32": np.dtype(np.float32),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    "float16": np.dtype(np.float16),
}


finfo: Any = ml_dtypes.finfo  # without annotations there


@dataclass(frozen=True)
class Machine:
    """Formats by name, and the order that sums are taken in."""

    storage: str
    accumulate: str
    order: Order = in_turn

    @property
    def stored(self) -> np.dtype[Any]:
        return DTYPES[self.storage]

    @property
    def added(self) -> np.dtype[Any]:
        return DTYPES[self.accumulate]

    @property
    def wide(self) -> np.dtype[Any]:
        """What excess precision is kept in; float64 has none."""
        return DTYPES["float64" if self.storage in ("float64", "float32") else "float32"]

    def constant(self, value: Fraction | float) -> Array:
        return nearest(Fraction(value), self.storage)

    def constants(self, values: Sequence[Fraction]) -> Array:
        return np.array([self.constant(value) for value in values], dtype=self.stored)

    def sum(self, terms: Array) -> Array:
        """Over the first axis, in the accumulator, and then stored."""
        return self.order(terms.astype(self.added)).astype(self.stored)

    def dot(self, left: Array, right: Array) -> Array:
        """`Σ_i left_i right_i` over the first axis, products and sums in the accumulator, and then stored."""
        return self.order(left.astype(self.added) * right.astype(self.added)).astype(self.stored)

    def matmul(self, x: Array, w: Array) -> Array:
        """`x @ w` for `x (N, …, d)` and `w (…, d, m)`, not stored yet."""
        x, w = x.astype(self.added), w.astype(self.added)
        total = x[..., 0, None] * w[..., 0, :]
        for k in range(1, x.shape[-1]):
            total = total + x[..., k, None] * w[..., k, :]
        return total


@lru_cache(maxsize=4096)
def nearest(value: Fraction, name: str) -> Array:
    """The number of the format nearest to a rational, ties to even."""
    dtype = DTYPES[name]
    info = finfo(dtype)
    if not value:
        return np.zeros((), dtype)
    exponent = abs(value.numerator).bit_length() - value.denominator.bit_length()
    exponent -= abs(value) < Fraction(2) ** exponent
    quantum = Fraction(2) ** (max(exponent, int(info.minexp)) - int(info.nmant))
    with np.errstate(over="ignore"):
        return np.asarray(float(round(value / quantum) * quantum)).astype(dtype)


def once(high: Array, low: Array, dtype: np.dtype[Any]) -> Array:
    """`high + low` rounded once, where `high` is the float64 nearest to it.

    By rounding to odd first, in float64 and again in float32 on the way to bfloat16 (Boldo & Melquiond, 2008).
    """
    if dtype == np.float64:
        return high
    odd = to_odd(high, low)
    if dtype == DTYPES["bfloat16"]:
        near = odd.astype(np.float32)
        with np.errstate(invalid="ignore"):
            odd = to_odd(near, odd - near.astype(np.float64), np.int32)
    return odd.astype(dtype)


def fma(a: Array, b: Array, c: Array, dtype: np.dtype[Any]) -> Array:
    """`a b + c` rounded once, for numbers of the format."""
    a, b, c = np.broadcast_arrays(*(v.astype(np.float64) for v in (a, b, c)))
    if dtype != np.float64:
        return once(*two_sum(a * b, c), dtype)  # a product of two narrower numbers is a float64
    result = np.empty(a.shape)
    for index in np.ndindex(a.shape):
        left, right, addend = float(a[index]), float(b[index]), float(c[index])
        if all(map(math.isfinite, (left, right, addend))):
            (n, p), (m, q), (k, r) = left.as_integer_ratio(), right.as_integer_ratio(), addend.as_integer_ratio()
            result[index] = (n * m * r + k * p * q) / (p * q * r)  # a quotient of two integers is rounded once
        else:
            result[index] = left * right + addend
    return result


def two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """`a + b` and its error, exactly (Knuth)."""
    total = a + b
    back = total - a
    return total, (a - (total - back)) + (b - back)


def to_odd(high: Array, low: Array, bits: Any = np.int64) -> Array:
    """`high + low` rounded to the number whose last bit is odd, unless it is one (Boldo & Melquiond, 2008)."""
    high, low = np.broadcast_arrays(high, low)
    even = np.ascontiguousarray(high).view(bits) % 2 == 0
    beyond = np.nextafter(high, np.copysign(np.asarray(np.inf, high.dtype), low.astype(high.dtype)))
    return np.where((low != 0) & even & np.isfinite(high), beyond, high)
