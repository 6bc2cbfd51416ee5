"""Floating-point formats, each by the three numbers that define it.

A format with `precision` bits of significand (the hidden bit counted) and normal exponents from `emin` to
`emax` rounds to nearest with relative error at most `u = 2**-precision`, as long as the result is no smaller
than `2**emin`. Source: IEEE 754-2019, table 3.5; for bfloat16 and TF32, their vendors' descriptions.
"""

from dataclasses import dataclass

import ml_dtypes
import numpy as np


@dataclass(frozen=True)
class Format:
    """A binary floating-point format.

    Parameters
    ----------
    name
        its name among dtypes, `"float32"`; TF32 is a format of multiplier inputs and no dtype.
    precision
        bits of significand, the hidden bit counted.
    emin, emax
        exponents of the smallest and the largest normal binade.
    """

    name: str
    precision: int
    emin: int
    emax: int

    @property
    def unit_roundoff(self) -> float:
        """`u = 2**-precision`: the largest relative error of one rounding to nearest."""
        return float(2.0**-self.precision)

    @property
    def smallest_normal(self) -> float:
        """`λ = 2**emin`; below it, spacing is constant (or results flush to zero)."""
        return float(2.0**self.emin)

    @property
    def largest(self) -> float:
        """The largest finite number, `(2 - 2u) * 2**emax`."""
        return float((2.0 - 2.0 * self.unit_roundoff) * 2.0**self.emax)

    def contains(self, other: "Format") -> bool:
        """Whether every number of `other` is a number of this format."""
        return self.precision >= other.precision and self.emin <= other.emin and self.emax >= other.emax

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The NumPy dtype of this name; `ml_dtypes` gives bfloat16."""
        return np.dtype(ml_dtypes.bfloat16 if self.name == "bfloat16" else self.name)


FLOAT64 = Format("float64", 53, -1022, 1023)
FLOAT32 = Format("float32", 24, -126, 127)
BFLOAT16 = Format("bfloat16", 8, -126, 127)
FLOAT16 = Format("float16", 11, -14, 15)
TF32 = Format("tf32", 11, -126, 127)

BY_NAME = {f.name: f for f in (FLOAT64, FLOAT32, BFLOAT16, FLOAT16)}


def dtype_of(name: str) -> np.dtype[np.generic]:
    """The NumPy dtype called `name`, one of `BY_NAME`.

    Raises
    ------
    ValueError
        if there is no such dtype here.
    """
    if name not in BY_NAME:
        raise ValueError(f"dtype: got {name!r}; one of {', '.join(BY_NAME)} will do")
    return BY_NAME[name].dtype
