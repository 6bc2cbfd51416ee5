"""Programs in plain float64: for a path to look at, where nothing is said of how far it may be off."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from reference.domains import Number
from reference.dyadic import FloatArray


class Floats:
    """What an update needs of a domain, in float64."""

    absolute = staticmethod(np.abs)
    maximum = staticmethod(np.maximum)
    sqrt = staticmethod(np.sqrt)
    add = staticmethod(operator.add)
    subtract = staticmethod(operator.sub)
    multiply = staticmethod(operator.mul)
    negate = staticmethod(operator.neg)

    def lift(self, values: npt.ArrayLike) -> FloatArray:
        """The floats themselves."""
        return np.asarray(values, dtype=np.float64)

    @property
    def scalars(self) -> Floats:
        """The domain itself."""
        return self

    def constant(self, a: Any) -> FloatArray:
        """A number rounded to float64."""
        return np.asarray(float(a))

    def power(self, a: FloatArray, n: int | Fraction) -> FloatArray:
        """`aⁿ`."""
        return np.asarray(a ** float(n))

    def product(self, over: Sequence[FloatArray], under: Sequence[FloatArray] = ()) -> FloatArray:
        """`Π over / Π under`, from left to right."""
        return np.asarray(reduce(operator.truediv, under, reduce(operator.mul, over)))

    def by_sign(self, a: FloatArray, negative: FloatArray, zero: FloatArray, positive: FloatArray) -> FloatArray:
        """One of three; the last for NaN."""
        return np.select([a < 0, a == 0], [negative, zero], positive)

    def nonnegative(self, a: FloatArray) -> FloatArray:
        """`a` itself."""
        return a

    def either(self, *forms: FloatArray) -> FloatArray:
        """The first form."""
        return forms[0]

    def loosened(self, a: FloatArray, times: int) -> FloatArray:  # noqa: ARG002 - nothing rounds here
        """`a` itself."""
        return a

    def store(self, a: FloatArray) -> FloatArray:
        """`a` itself."""
        return a

    def scale(self, a: FloatArray, factor: Number) -> FloatArray:
        """`factor a`, the factor rounded to float64."""
        return np.asarray(float(factor) * a)
