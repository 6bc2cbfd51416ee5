"""The exact sums of products that least squares is made of.

For the columns `z_1 … z_q` of a table, here `[x, 1, y]`, all that least squares ever asks of the data are the
sums `Σ_i z_ij z_ik`. They are integers, once each column is integers times a scale of its own. Being exact, they
add up to the same over any partition of the rows.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import fmpz_mat

from reference.batches import Sums
from reference.dyadic import FloatArray
from reference.formats import FLOAT64
from reference.limbs import sums_of_products

PIECE = 1 << 18  # rows that one thread sums at a time
THREADS = 4  # each has blocks of its own in memory


@dataclass(frozen=True, eq=False)
class Gram:
    """Exact sums of products of the columns of a table.

    `Σ_i z_ij z_ik = integers[j, k] * scales[j] * scales[k]`, over `rows` rows. Equality compares these; `absolute`
    is a bound, which depends on the order of the rows by its rounding, and takes no part.

    Parameters
    ----------
    rows
        how many rows were summed.
    integers
        `(q, q)`, symmetric.
    scales
        one positive rational a column: for floats the largest power of two of which all its numbers are
        multiples, for rationals the reciprocal of their least common denominator, and 1 for a column of zeros.
    absolute
        `(q, q)` floats, each at least `Σ_i |z_ij z_ik|`.
    """

    rows: int
    integers: fmpz_mat
    scales: tuple[Fraction, ...]
    absolute: FloatArray

    @classmethod
    def of_floats(cls, *tables: npt.NDArray[Any], block_rows: int | None = None) -> Gram:
        """The sums for the columns of `tables`, side by side: finite float arrays `(N, q_1), (N, q_2), …`.

        They are read in blocks of `block_rows` rows, by default as many as stay in cache.

        Raises
        ------
        ValueError
            if a number is NaN or infinite.
        """
        starts = range(0, len(tables[0]), PIECE)
        pieces = [[table[start : start + PIECE] for table in tables] for start in starts]
        summed = functools.partial(_summed, block_rows=block_rows)
        if len(pieces) == 1:
            total = summed(pieces[0])
        else:
            with ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
                total = functools.reduce(Gram.__add__, pool.map(summed, pieces))
        return replace(total, absolute=_inflated(total.absolute, total.rows))

    @classmethod
    def of_rationals(cls, columns: Sequence[Sequence[Fraction]]) -> Gram:
        """The sums for columns of exact rationals, given column by column."""
        rows = len(columns[0])
        scales = [Fraction(1, math.lcm(*(v.denominator for v in column))) for column in columns]
        digits = [int(v / s) for column, s in zip(columns, scales, strict=True) for v in column]
        table = fmpz_mat(len(columns), rows, digits)
        above = np.array([[_float_above(abs(v)) for v in column] for column in columns])
        with np.errstate(over="ignore", invalid="ignore"):
            sums = above @ above.T
        # An infinite entry times a zero is a sum that nothing is known of.
        absolute = np.where(np.isnan(sums), np.inf, _inflated(sums, rows))
        return cls(rows, table * table.transpose(), tuple(scales), absolute)

    def __add__(self, other: Gram) -> Gram:
        """The sums over the rows of both: the same integers and scales, however rows are shared out.

        Raises
        ------
        ValueError
            if they differ in their number of columns.
        """
        if len(self.scales) != len(other.scales):
            raise ValueError(f"other: got {len(other.scales)} columns for {len(self.scales)}; as many columns will do")
        pairs = zip(self._used_scales(), other._used_scales(), strict=True)
        scales = tuple(_common(a, b) for a, b in pairs)
        with np.errstate(over="ignore"):
            # The rounded sum of two non-negative floats is at least (1 - u) times the exact one.
            absolute = (self.absolute + other.absolute) * (1 + 4 * FLOAT64.unit_roundoff)
        return Gram(self.rows + other.rows, self.at(scales) + other.at(scales), scales, absolute)

    def at(self, scales: tuple[Fraction, ...]) -> fmpz_mat:
        """The integers in units of other scales, of which the scales of all columns but zeros are multiples."""
        if scales == self.scales:
            return self.integers
        q = len(scales)
        factors = [int(mine / theirs) for mine, theirs in zip(self.scales, scales, strict=True)]
        diagonal = fmpz_mat(q, q, [factors[j] if j == k else 0 for j in range(q) for k in range(q)])
        return diagonal * self.integers * diagonal

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Gram):
            return NotImplemented
        mine = (self.rows, self.scales, self.integers)
        return mine == (other.rows, other.scales, other.integers)

    def __hash__(self) -> int:
        return hash((self.rows, self.scales))

    def __reduce__(self) -> tuple[Any, ...]:
        # python-flint's matrices do not pickle: between processes their entries travel as Python's integers.
        integers = [int(n) for n in self.integers.entries()]
        return _of_entries, (self.rows, integers, self.scales, self.absolute)

    def _used_scales(self) -> list[Fraction | None]:
        """The scales, `None` for a column of zeros, which goes with any."""
        return [None if self.integers[j, j] == 0 else scale for j, scale in enumerate(self.scales)]


def _summed(tables: Sequence[npt.NDArray[Any]], block_rows: int | None) -> Gram:
    return functools.reduce(Gram.__add__, map(_gram, sums_of_products(tables, block_rows)))


def _gram(sums: Sums) -> Gram:
    scales = tuple(Fraction(1 << max(e, 0), 1 << max(-e, 0)) for e in sums.exponents.tolist())
    return _of_entries(sums.rows, sums.integers.ravel().tolist(), scales, sums.magnitudes)


def _of_entries(rows: int, integers: list[int], scales: tuple[Fraction, ...], absolute: FloatArray) -> Gram:
    return Gram(rows, fmpz_mat(len(scales), len(scales), integers), scales, absolute)


def _float_above(value: Fraction) -> float:
    """A float64 that is at least `value`, which is not negative; infinity beyond the largest."""
    try:
        nearest = float(value)
    except OverflowError:
        return math.inf
    return nearest if nearest >= value else math.nextafter(nearest, math.inf)


def _common(a: Fraction | None, b: Fraction | None) -> Fraction:
    """The largest scale of which both are multiples."""
    if a is None or b is None or a == b:
        return a or b or Fraction(1)
    numerators = math.gcd(a.numerator * b.denominator, b.numerator * a.denominator)
    return Fraction(numerators, a.denominator * b.denominator)


def _inflated(sums: FloatArray, rows: int) -> FloatArray:
    """Upper bounds of sums of `rows` non-negative products, from float64 sums in any order.

    Such a sum is at least `(1 - u)**rows` times the exact one, and what underflows is less than the smallest
    subnormal a product (Higham, *Accuracy and Stability*, §3.1).
    """
    with np.errstate(over="ignore"):
        return np.asarray(sums * (1 + 2 * (rows + 2) * FLOAT64.unit_roundoff) + rows * 2.0**-1074)
