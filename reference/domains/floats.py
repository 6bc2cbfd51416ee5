"""Programs in plain float64: for a path to look at, where nothing is said of how far it may be off."""

from __future__ import annotations

import operator

import numpy as np
import numpy.typing as npt

from reference.domains import Number
from reference.dyadic import FloatArray


class Floats:
    """What an update needs of a domain, in float64."""

    add = staticmethod(operator.add)
    subtract = staticmethod(operator.sub)
    multiply = staticmethod(operator.mul)
    negate = staticmethod(operator.neg)

    def lift(self, values: npt.ArrayLike) -> FloatArray:
        """The floats themselves."""
        return np.asarray(values, dtype=np.float64)

    def scale(self, a: FloatArray, factor: Number) -> FloatArray:
        """`factor a`, the factor rounded to float64."""
        return np.asarray(float(factor) * a)
