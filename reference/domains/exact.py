"""Programs without rounding: arrays of rationals, integers over one shared denominator."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from reference.domains import Number
from reference.dyadic import Dyadic, FloatArray


@dataclass(frozen=True)
class Rationals:
    """The numbers `numerator / denominator`; powers of two are in the numerator's exponent, the denominator is odd."""

    numerator: Dyadic
    denominator: int = 1

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.numerator.shape

    def to_floats(self) -> FloatArray:
        """The numbers rounded to float64, twice where the denominator is not 1."""
        return np.asarray(self.numerator.to_floats() / self.denominator)


class Exact:
    """The domain of rationals: all that sums, products and constants make of floats."""

    def lift(self, values: npt.ArrayLike) -> Rationals:
        """Finite floats as the rationals they are.

        Raises
        ------
        ValueError
            if one of them is NaN or infinite.
        """
        return Rationals(Dyadic.from_floats(values))

    parameter = lift

    def add(self, a: Rationals, b: Rationals) -> Rationals:
        """`a + b`."""
        a, b = _common(a, b)
        return Rationals(a.numerator + b.numerator, a.denominator)

    def subtract(self, a: Rationals, b: Rationals) -> Rationals:
        """`a - b`."""
        a, b = _common(a, b)
        return Rationals(a.numerator - b.numerator, a.denominator)

    def negate(self, a: Rationals) -> Rationals:
        """`-a`."""
        return self.scale(a, -1)

    def multiply(self, a: Rationals, b: Rationals) -> Rationals:
        """`a b`."""
        return Rationals(a.numerator * b.numerator, a.denominator * b.denominator)

    def scale(self, a: Rationals, factor: Number) -> Rationals:
        """`factor a`, the factor taken as the rational it is."""
        exact = Fraction(factor)
        twos = (exact.denominator & -exact.denominator).bit_length() - 1
        scaled = Dyadic(np.asarray(a.numerator.digits * exact.numerator), a.numerator.exponent - twos)
        return Rationals(scaled, a.denominator * (exact.denominator >> twos))

    def store(self, a: Rationals) -> Rationals:
        """`a` itself."""
        return a

    def affine(self, x: Rationals, w: Rationals, b: Rationals) -> Rationals:
        """`x @ w + b`."""
        return self.add(self.matmul(x, w), Rationals(b.numerator[..., None, :], b.denominator))

    def matmul(self, a: Rationals, b: Rationals) -> Rationals:
        """`a @ b`, in integers."""
        digits = np.matmul(a.numerator.digits, b.numerator.digits)
        exponent = a.numerator.exponent + b.numerator.exponent
        return Rationals(Dyadic(digits, exponent), a.denominator * b.denominator)

    def transpose(self, a: Rationals) -> Rationals:
        """The last two axes exchanged."""
        return Rationals(Dyadic(np.swapaxes(a.numerator.digits, -1, -2), a.numerator.exponent), a.denominator)

    def sum_rows(self, a: Rationals) -> Rationals:
        """The sum over the last axis but one."""
        return Rationals(Dyadic(np.asarray(a.numerator.digits.sum(axis=-2)), a.numerator.exponent), a.denominator)

    def sum_squares(self, a: Rationals) -> Rationals:
        """The sum of the squares over the last two axes."""
        squares = self.multiply(a, a)
        total = np.asarray(squares.numerator.digits.sum(axis=(-2, -1)), dtype=object)
        return Rationals(Dyadic(total, squares.numerator.exponent), squares.denominator)

    def rescale(self, a: Rationals) -> Rationals:
        """The numbers themselves."""
        return a


def _common(a: Rationals, b: Rationals) -> tuple[Rationals, Rationals]:
    """Both over their least common denominator."""
    if a.denominator == b.denominator:
        return a, b
    denominator = math.lcm(a.denominator, b.denominator)
    return Rationals(a.numerator * (denominator // a.denominator), denominator), Rationals(
        b.numerator * (denominator // b.denominator), denominator
    )
