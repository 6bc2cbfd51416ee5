"""Numbers of a narrower format: rounding to it, and the evidence that numbers were."""

from __future__ import annotations

import numpy as np

from reference.dyadic import FloatArray
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, TF32, Format, rounded

# As many different numbers of 11 bits in a row happen to a float32 computation once in 2**78.
ENOUGH = 6
FORMATS = (BFLOAT16, FLOAT16, FLOAT32)


def rounded_to(values: FloatArray, narrow: Format) -> FloatArray:
    """Every number rounded to nearest in a format; infinity beyond its largest."""
    if narrow is not TF32:
        return rounded(np.asarray(values, dtype=np.float64), narrow.name).astype(np.float64)
    return to_bits(values, narrow.precision, np.rint)


def truncated_to(values: FloatArray, narrow: Format) -> FloatArray:
    """Every number cut to the significand of a format: what a multiplier does that reads the leading bits alone."""
    return to_bits(values, narrow.precision, np.trunc)


def to_bits(values: FloatArray | float, bits: int, rounding: np.ufunc) -> FloatArray:
    """Every number with so many bits of significand, and any exponent."""
    fractions, exponents = np.frexp(values)
    return np.asarray(np.ldexp(rounding(np.ldexp(fractions, bits)), exponents - bits))


def all_of(values: FloatArray, narrow: Format) -> bool:
    """Whether all numbers are of the format, and enough of them differ for that to be no accident."""
    return bool((rounded_to(values, narrow) == values).all()) and np.unique(values).size >= ENOUGH


def format_of(values: FloatArray) -> Format | None:
    """The narrowest format of which all numbers are; `None` if that is no narrower than float64."""
    return next((narrow for narrow in FORMATS if all_of(values, narrow)), None)
