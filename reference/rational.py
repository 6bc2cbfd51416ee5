"""Exact rationals in arrays: into python-flint's matrices and out of them, and the one decomposition they need."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import fmpq, fmpq_mat

Fractions = npt.NDArray[np.object_]


def exact_array(name: str, values: Any, shape: tuple[int, ...]) -> Fractions:
    """An array of fractions of this shape; the last axis may be missing where it has length one.

    Floats, integers, fractions, decimals and decimal strings are each taken as the number they are.

    Raises
    ------
    ValueError
        naming the argument, if its shape is another or an entry is no finite number.
    """
    array = np.asarray(values, dtype=object)
    # A single target, or a single parameter, may come without the axis of length one.
    short = array.ndim == 0 or array.shape == shape[:-1]
    fits = array.shape == shape or (short and array.size == np.prod(shape))
    if not fits:
        raise ValueError(f"{name}: got shape {array.shape}; {shape} will do")
    try:
        return np.asarray(np.frompyfunc(_exact, 1, 1)(array), dtype=object).reshape(shape)
    except (ValueError, OverflowError, TypeError, ZeroDivisionError):
        raise ValueError(f"{name}: got {values!r}; finite numbers will do") from None


def _exact(value: Any) -> Fraction:
    if isinstance(value, np.integer):
        return Fraction(int(value))
    return Fraction(value if isinstance(value, (Fraction, int, Decimal, str)) else float(value))


def to_fmpq(value: Fraction) -> fmpq:
    """The same number in python-flint."""
    return fmpq(value.numerator, value.denominator)


def to_fraction(value: fmpq) -> Fraction:
    """The same number in the standard library."""
    return Fraction(int(value.p), int(value.q))


def to_fractions(matrix: fmpq_mat) -> Fractions:
    """The same matrix as an array."""
    values = np.empty((matrix.nrows(), matrix.ncols()), dtype=object)
    for i in range(matrix.nrows()):
        for j in range(matrix.ncols()):
            values[i, j] = to_fraction(matrix[i, j])
    return values


def least_norm(G: fmpq_mat, C: fmpq_mat) -> fmpq_mat:
    """`G⁺ C` for a symmetric G whose range holds C: of all V with `G V = C` the one of least norm.

    With R the independent rows of `[G | C]`, `V = R_Gᵀ (R_G R_Gᵀ)⁻¹ R_C`.
    Source: Golub & Van Loan, *Matrix Computations*, §5.5.
    """
    p, m = C.nrows(), C.ncols()
    if G.rank() == p:
        return G.solve(C)
    joined = fmpq_mat(p, p + m, [v for i in range(p) for v in _row(G, i) + _row(C, i)])
    reduced, rank = joined.rref()
    if rank == 0:
        return fmpq_mat(p, m)
    R = fmpq_mat(rank, p, [reduced[i, j] for i in range(rank) for j in range(p)])
    c = fmpq_mat(rank, m, [reduced[i, p + t] for i in range(rank) for t in range(m)])
    return R.transpose() * (R * R.transpose()).solve(c)


def _row(matrix: fmpq_mat, i: int) -> list[fmpq]:
    return [matrix[i, j] for j in range(matrix.ncols())]
