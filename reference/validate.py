"""One clear sentence for bad input: the argument, what was given, what would do."""

from __future__ import annotations

import contextlib
import math
import operator
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

FloatData = npt.NDArray[Any]

ROWS = 1 << 16  # that are checked at a time


def is_float(dtype: np.dtype[Any]) -> bool:
    """Whether `dtype` is one of the floating-point formats that this suite knows."""
    return (dtype.kind == "f" and dtype.itemsize <= 8) or dtype == np.dtype(ml_dtypes.bfloat16)


def float_matrix(name: str, values: Any) -> FloatData:
    """A finite float array of shape `(rows, columns)`; one dimension is taken as one column.

    Raises
    ------
    ValueError
        if `values` is no float array, is empty, has another number of dimensions, or is not finite.
    """
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name}: got rows of different lengths; rows of one length will do") from None
    if not is_float(array.dtype):
        raise ValueError(f"{name}: got dtype {array.dtype}; float64, float32, bfloat16 or float16 data will do")
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"{name}: got shape {array.shape}; (rows, columns), neither of them 0, will do")
    finite(name, array)
    return array


def finite(name: str, array: FloatData) -> None:
    """Refuse NaN and infinity, naming the first one.

    Raises
    ------
    ValueError
        if an entry is not finite.
    """
    for start in range(0, len(array), ROWS):  # in parts: a mask of everything is memory for nothing
        bad = ~np.isfinite(array[start : start + ROWS])
        if bad.any():
            row, *rest = (int(i) for i in np.argwhere(bad)[0])
            where = (start + row, *rest)
            raise ValueError(f"{name}: got {array[where]} at {list(where)}; finite numbers will do")


def rational_matrix(name: str, values: Any) -> list[list[Fraction]]:
    """Rows of exact rationals from nested sequences of `Fraction`, `Decimal` or decimal strings.

    Raises
    ------
    ValueError
        if an entry is no such number, the rows differ in length, or there are none.
    """
    if not _is_sequence(values):
        raise ValueError(f"{name}: got {values!r}; a float array or a sequence of rows will do")
    rows = [list(row) if _is_sequence(row) else [row] for row in values]
    if not rows or not rows[0]:
        raise ValueError(f"{name}: got no data; at least one row and one column will do")
    if len({len(row) for row in rows}) > 1:
        raise ValueError(f"{name}: got rows of different lengths; rows of one length will do")
    return [[_rational(name, i, j, value) for j, value in enumerate(row)] for i, row in enumerate(rows)]


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _rational(name: str, i: int, j: int, value: Any) -> Fraction:
    if isinstance(value, (Fraction, Decimal, str)):
        try:
            return Fraction(value)
        except (ValueError, OverflowError, ZeroDivisionError):
            pass
    raise ValueError(
        f"{name}: got {value!r} at [{i}, {j}]; finite fractions, decimals or decimal strings will do, "
        "or all of it as a float array"
    )


def learning_rate(lr: Any) -> float:
    """A learning rate that is finite and not negative, as a Python float.

    Any real number will do, NumPy's among them; what a float64 does not hold is rounded to it.

    Raises
    ------
    ValueError
        if it is negative, NaN or infinite, or no number.
    """
    value = math.nan
    if isinstance(lr, (Real, ml_dtypes.bfloat16)) and not isinstance(lr, bool):
        with contextlib.suppress(OverflowError):
            value = float(lr)
    if not (0 <= value < math.inf):
        raise ValueError(f"lr: got {lr!r}; a finite number that is not negative will do")
    return value


def step_count(steps: Any) -> int:
    """A number of steps of 1 or more, as a Python int; any whole number will do, NumPy's among them.

    Raises
    ------
    ValueError
        if it is no whole number, or less than 1.
    """
    try:
        count = 0 if isinstance(steps, bool) else operator.index(steps)
    except TypeError:
        count = 0
    if count < 1:
        raise ValueError(f"steps: got {steps!r}; a whole number of 1 or more will do")
    return count
