"""The exact sums of products that least squares is made of.

For the columns `z_1 … z_q` of a table, here `[x, 1, y]`, all that least squares ever asks of the data are the
sums `Σ_i z_ij z_ik`. They are integers, once each column is integers times a scale of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import fmpz_mat

from reference.dyadic import FloatArray, IntegerArray, odd_parts
from reference.formats import FLOAT64


@dataclass(frozen=True)
class Gram:
    """Exact sums of products of the columns of a table.

    `Σ_i z_ij z_ik = integers[j, k] * scales[j] * scales[k]`, over `rows` rows.

    Parameters
    ----------
    rows
        how many rows were summed.
    integers
        `(q, q)`, symmetric.
    scales
        one positive rational a column; a power of two where the data are floats.
    absolute
        `(q, q)` floats, each at least `Σ_i |z_ij z_ik|`.
    """

    rows: int
    integers: fmpz_mat
    scales: tuple[Fraction, ...]
    absolute: FloatArray

    @classmethod
    def of_floats(cls, columns: FloatArray) -> Gram:
        """The sums for finite float64 columns, shape `(rows, q)`."""
        rows, q = columns.shape
        integers, exponents = zip(*(_integer_column(columns[:, j]) for j in range(q)), strict=True)
        table = fmpz_mat(q, rows, [n for column in integers for n in column.tolist()])
        scales = tuple(Fraction(2) ** e for e in exponents)
        return cls(rows, table * table.transpose(), scales, _absolute_sums(columns))

    @classmethod
    def of_rationals(cls, columns: Sequence[Sequence[Fraction]]) -> Gram:
        """The sums for columns of exact rationals, given column by column."""
        rows = len(columns[0])
        scales = [Fraction(1, math.lcm(*(v.denominator for v in column))) for column in columns]
        digits = [int(v / s) for column, s in zip(columns, scales, strict=True) for v in column]
        table = fmpz_mat(len(columns), rows, digits)
        above = np.array([[_float_above(abs(v)) for v in column] for column in columns]).T
        return cls(rows, table * table.transpose(), tuple(scales), _absolute_sums(above))


def _float_above(value: Fraction) -> float:
    """A float64 that is at least `value`, which is not negative; infinity beyond the largest."""
    try:
        nearest = float(value)
    except OverflowError:
        return math.inf
    return nearest if nearest >= value else math.nextafter(nearest, math.inf)


def _integer_column(column: FloatArray) -> tuple[IntegerArray, int]:
    digits, exponents = odd_parts(column)
    nonzero = digits != 0
    exponent = int(exponents[nonzero].min()) if nonzero.any() else 0
    shifts = np.where(nonzero, exponents - exponent, 0)
    return digits.astype(object) << shifts.astype(object), exponent


def _absolute_sums(columns: FloatArray) -> FloatArray:
    """Upper bounds of `Σ_i |z_ij z_ik|`.

    A float64 sum of n non-negative products in any order is at least `(1 - u)**n` times the exact one, and
    what underflows is less than the smallest subnormal a product (Higham, *Accuracy and Stability*, §3.1).
    """
    rows = columns.shape[0]
    magnitudes = np.abs(columns)
    with np.errstate(over="ignore", invalid="ignore"):
        sums = magnitudes.T @ magnitudes
        above = sums * (1 + 2 * (rows + 2) * FLOAT64.unit_roundoff) + rows * 2.0**-1074
    # An infinite entry times a zero is a sum that nothing is known of.
    return np.where(np.isnan(above), np.inf, above)
