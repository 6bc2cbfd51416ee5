"""Floating-point formats, each by the three numbers that define it.

A format with `precision` bits of significand (the hidden bit counted) and normal exponents from `emin` to
`emax` rounds to nearest with relative error at most `u = 2**-precision`, as long as the result is no smaller
than `2**emin`. Source: IEEE 754-2019, table 3.5; for bfloat16 and TF32, their vendors' descriptions.
"""

from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt


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
    cut
        whether numbers are cut to it, toward zero, and not rounded to nearest.
    """

    name: str
    precision: int
    emin: int
    emax: int
    cut: bool = False

    @property
    def unit_roundoff(self) -> float:
        """`u`: the largest relative error of one rounding, `2**-precision` to nearest and twice that where it cuts."""
        return float(2.0 ** (self.cut - self.precision))

    @property
    def smallest_normal(self) -> float:
        """`λ = 2**emin`; below it, spacing is constant (or results flush to zero)."""
        return float(2.0**self.emin)

    @property
    def largest(self) -> float:
        """The largest finite number, `(2 - 2**(1 - precision)) * 2**emax`."""
        return float((2.0 - 2.0 ** (1 - self.precision)) * 2.0**self.emax)

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
# Formats of multiplier inputs alone. cuBLAS rounds to TF32; a raw `mma` reads 19 of 32 bits, which cuts.
TF32 = Format("tf32", 11, -126, 127)
TF32_CUT = Format("tf32-cut", 11, -126, 127, cut=True)
FLOAT8_E4M3 = Format("float8_e4m3", 4, -6, 8)

BY_NAME = {f.name: f for f in (FLOAT64, FLOAT32, BFLOAT16, FLOAT16)}
OF_FACTORS = {f.name: f for f in (*BY_NAME.values(), TF32, TF32_CUT, FLOAT8_E4M3)}


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


def rounded(values: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
    """The floats rounded to nearest, ties to even, once, to the dtype called `name`; infinity beyond the largest.

    NumPy's own casts round once. `ml_dtypes` makes bfloat16 of a float64 by way of float32, and what the first rounding
    turns into a tie, the second may round the wrong way. So the first rounds to odd instead: of the two float32 around
    a number, the one whose last bit is 1 tells the second on which side of a tie it was. Source: Boldo & Melquiond,
    *Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd*, IEEE Trans. Comput. 57,
    2008; it takes two bits more than the result has, and float32 has sixteen.

    Raises
    ------
    ValueError
        if there is no such dtype here.
    """
    dtype = dtype_of(name)
    with np.errstate(over="ignore"):
        return (_to_odd(values) if name == "bfloat16" else values).astype(dtype)


def _to_odd(values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Each number as float32: exactly where that can be, else the neighbour whose last bit is 1."""
    near = values.astype(np.float32)
    even = near.view(np.int32) & 1 == 0
    other = np.nextafter(near, np.where(values > near, np.float32(np.inf), np.float32(-np.inf)))
    return np.where((near != values) & even, other, near)
