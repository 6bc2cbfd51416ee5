"""Programs with quotients and roots, in balls of many bits: each contains the number that the program computes."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

import flint
import numpy as np
import numpy.typing as npt
from flint import arb

from reference.domains import Number
from reference.dyadic import FloatArray

Balls = npt.NDArray[np.object_]
BITS = 400  # more than the cancellation of any float64 step takes


def to_floats(balls: Balls) -> FloatArray:
    """The middle of each ball, rounded to float64."""
    return np.asarray(np.vectorize(lambda ball: float(ball.mid()), otypes=[np.float64])(balls))


class Exactly:
    """The domain of balls: what an optimizer's step computes, within `2^-BITS` of the numbers that it meets."""

    @property
    def scalars(self) -> Exactly:
        """The domain itself."""
        return self

    def lift(self, values: npt.ArrayLike) -> Balls:
        """Floats as they are."""
        return _each(lambda x: arb(float(x)))(np.asarray(values, dtype=np.float64))

    def constant(self, a: Any) -> Balls:
        """A number as it is."""
        if isinstance(a, np.ndarray):
            return a
        exact = Fraction(a)
        return np.asarray(_at(lambda: arb(exact.numerator) / exact.denominator), dtype=object)

    def add(self, a: Balls, b: Balls) -> Balls:
        """`a + b`."""
        return _at(lambda: a + b)

    def subtract(self, a: Balls, b: Balls) -> Balls:
        """`a - b`."""
        return _at(lambda: a - b)

    def negate(self, a: Balls) -> Balls:
        """`-a`."""
        return _at(lambda: -a)

    def multiply(self, a: Balls, b: Balls) -> Balls:
        """`a b`."""
        return _at(lambda: a * b)

    def scale(self, a: Balls, factor: Number) -> Balls:
        """`factor a`."""
        return self.multiply(self.constant(factor), a)

    def power(self, a: Balls, n: int | Fraction) -> Balls:
        """`aⁿ`."""
        return _at(lambda: a**n if isinstance(n, int) else a ** (arb(n.numerator) / n.denominator))

    def product(self, over: Sequence[Balls], under: Sequence[Balls] = ()) -> Balls:
        """`Π over / Π under`; balls of no number where that divides by zero."""
        return _at(lambda: reduce(operator.truediv, under, reduce(operator.mul, over)))

    def sqrt(self, a: Balls) -> Balls:
        """`√a`."""
        return _at(lambda: _each(lambda x: x.sqrt())(a))

    def absolute(self, a: Balls) -> Balls:
        """`|a|`."""
        return _each(abs)(a)

    def maximum(self, a: Balls, b: Balls) -> Balls:
        """`max(a, b)`."""
        return _at(lambda: _each(lambda x, y: x.max(y), 2)(a, b))

    def by_sign(self, a: Balls, negative: Balls, zero: Balls, positive: Balls) -> Balls:
        """One of three; of a ball around zero, the union of all."""

        def chosen(x: arb, *choices: arb) -> arb:
            return (
                choices[0] if x < 0 else choices[2] if x > 0 else choices[1] if x == 0 else reduce(arb.union, choices)
            )

        return _each(chosen, 4)(a, negative, zero, positive)

    def nonnegative(self, a: Balls) -> Balls:
        """`a` itself."""
        return a

    def either(self, *forms: Balls) -> Balls:
        """The first of the forms, which are one number.

        Raises
        ------
        ArithmeticError
            if they are not.
        """
        for form in forms[1:]:
            if not np.all(_each(lambda x, y: x.overlaps(y) or not x.is_finite(), 2)(forms[0], form)):
                raise ArithmeticError("forms: expected one number, got two")
        return forms[0]

    def loosened(self, a: Balls, times: int) -> Balls:  # noqa: ARG002 - nothing rounds here
        """`a` itself."""
        return a

    def store(self, a: Balls) -> Balls:
        """`a` itself."""
        return a


def _each(f: Callable[..., Any], arguments: int = 1) -> Callable[..., Balls]:
    """`f`, elementwise."""
    applied = np.frompyfunc(f, arguments, 1)
    return lambda *arrays: np.asarray(applied(*arrays), dtype=object)


def _at(evaluate: Callable[[], Any]) -> Balls:
    with flint.ctx.workprec(BITS):
        return np.asarray(evaluate(), dtype=object)
