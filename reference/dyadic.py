"""Exact arithmetic on whole arrays of floats.

Every finite float is an integer times a power of two. An array of them is an array of Python integers and one
shared exponent, and sums and products of such arrays are sums and products of integers: nothing rounds until
somebody asks for floats again.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntegerArray = npt.NDArray[np.object_]

SIGNIFICAND = 53  # bits of a float64, the widest format that comes in


class Dyadic:
    """The exact numbers `digits * 2**exponent`, an array of them with one exponent.

    Parameters
    ----------
    digits
        an object array of Python integers, of any shape.
    exponent
        the power of two they share.
    """

    __slots__ = ("digits", "exponent")

    def __init__(self, digits: IntegerArray, exponent: int) -> None:
        self.digits = digits
        self.exponent = exponent

    @classmethod
    def from_floats(cls, values: npt.ArrayLike) -> Dyadic:
        """The exact values of finite floats, whatever their exponents.

        Raises
        ------
        ValueError
            if one of them is NaN or infinite.
        """
        floats = np.asarray(values, dtype=np.float64)
        if not np.isfinite(floats).all():
            raise ValueError("values: NaN and infinity have no exact value; give finite floats")
        if floats.ndim == 0:  # NumPy makes scalars of what is computed from these
            return cls.from_floats(floats[None])[0]
        digits, exponents = odd_parts(floats)
        nonzero = digits != 0
        if not nonzero.any():
            return cls(np.zeros(floats.shape, dtype=object), 0)
        exponent = int(exponents[nonzero].min())
        shifts = np.where(nonzero, exponents - exponent, 0)
        # An int64 holds the shifted significand of most arrays; only a wide spread needs big integers.
        if int(shifts.max()) + SIGNIFICAND < 63:
            return cls(_objects(digits << shifts), exponent)
        return cls(_objects(digits) << _objects(shifts), exponent)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.digits.shape

    def at_exponent(self, exponent: int) -> IntegerArray:
        """The integers that stand for these numbers at a lower shared exponent."""
        if exponent == self.exponent:
            return self.digits
        return self.digits * (1 << (self.exponent - exponent))  # type: ignore[no-any-return]

    def __getitem__(self, key: Any) -> Dyadic:
        digits = self.digits[key]
        return Dyadic(digits if isinstance(digits, np.ndarray) else np.array(digits, dtype=object), self.exponent)

    def __add__(self, other: Dyadic) -> Dyadic:
        exponent = min(self.exponent, other.exponent)
        return Dyadic(np.asarray(self.at_exponent(exponent) + other.at_exponent(exponent)), exponent)

    def __sub__(self, other: Dyadic) -> Dyadic:
        exponent = min(self.exponent, other.exponent)
        return Dyadic(np.asarray(self.at_exponent(exponent) - other.at_exponent(exponent)), exponent)

    def __mul__(self, other: Dyadic | int) -> Dyadic:
        if isinstance(other, int):
            return Dyadic(np.asarray(self.digits * other, dtype=object), self.exponent)
        return Dyadic(np.asarray(self.digits * other.digits, dtype=object), self.exponent + other.exponent)

    def to_floats(self) -> FloatArray:
        """The float64 nearest to each number; infinity beyond the largest.

        Results below `2**-1022` are rounded twice, and so are within `2**-1074` of the exact number.
        """
        try:
            with np.errstate(over="ignore"):
                return np.asarray(np.ldexp(self.digits.astype(np.float64), self.exponent))
        except OverflowError:  # an integer of more than 1,024 bits
            nearest = np.frompyfunc(lambda n: _nearest(n, self.exponent), 1, 1)
            with np.errstate(over="ignore"):
                return np.asarray(nearest(self.digits), dtype=np.float64)


def odd_parts(floats: FloatArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Each finite float as an odd integer (or 0) and an exponent: `value == digits * 2**exponent`."""
    fractions, exponents = np.frexp(floats)
    digits = np.ldexp(fractions, SIGNIFICAND).astype(np.int64)
    lowest_bit = digits & -digits
    trailing = np.frexp(lowest_bit.astype(np.float64))[1].astype(np.int64) - 1
    trailing = np.where(digits == 0, 0, trailing)
    return digits >> trailing, exponents.astype(np.int64) - SIGNIFICAND + trailing


def _objects(integers: npt.NDArray[np.int64]) -> IntegerArray:
    return integers.astype(object)


def _nearest(digits: int, exponent: int) -> float:
    """The float nearest to `digits * 2**exponent`, for integers too large to be floats."""
    sign = -1.0 if digits < 0 else 1.0
    excess = max(digits.bit_length() - 64, 0)
    kept = abs(digits) >> excess
    if kept << excess != abs(digits):
        kept |= 1  # a sticky bit: what was cut off must still break a tie
    try:
        return sign * math.ldexp(float(kept), exponent + excess)
    except OverflowError:
        return sign * math.inf
