"""What rows of data come to, exactly: the normal equations `G V = C`, and the sums of products they are made of.

With `X = [x, 1]` and N rows, least squares depend on the data through `G = XᵀX`, `C = XᵀY` and `s = diag(YᵀY)` alone.
Such sums add up, however rows are shared out. Source: Björck, *Numerical Methods for Least Squares Problems*, §1.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cached_property
from typing import Any, Self

import numpy as np
from flint import fmpq_mat

from reference import validate
from reference.gram import Gram
from reference.rational import to_fmpq, to_fraction


class NormalEquations:
    """The exact normal equations of `x (N, d)` and `y (N, m)`.

    Parameters
    ----------
    x, y
        float arrays, each number taken as the rational it is (a `numpy.memmap` is read block by block), or
        nested sequences of `fractions.Fraction`, `decimal.Decimal` or decimal strings. One dimension is taken as
        one column.
    intercept
        whether the model is `x @ w + b` or `x @ w`. Without it, `b` is `None` throughout.

    Raises
    ------
    ValueError
        if the data are empty, not finite, integers, or differ in their number of rows.
    """

    def __init__(self, x: Any, y: Any, intercept: bool = True) -> None:
        if isinstance(x, np.ndarray) or isinstance(y, np.ndarray):
            xs, ys = validate.float_matrix("x", x), validate.float_matrix("y", y)
            _same_rows(len(xs), len(ys))
            ones = np.broadcast_to(1.0, (len(xs), int(intercept)))
            self._start(Gram.of_floats(xs, ones, ys), xs.shape[1], ys.shape[1], intercept)
        else:
            rows, targets = validate.rational_matrix("x", x), validate.rational_matrix("y", y)
            _same_rows(len(rows), len(targets))
            one = [Fraction(1)] * int(intercept)
            table = [row + one + target for row, target in zip(rows, targets, strict=True)]
            gram = Gram.of_rationals(list(zip(*table, strict=True)))
            self._start(gram, len(rows[0]), len(targets[0]), intercept)

    @classmethod
    def of_blocks(cls, blocks: Iterable[tuple[Any, Any]], intercept: bool = True) -> Self:
        """The problem of all rows of `blocks`, pairs `(x, y)`, of which one at a time is in memory.

        The same to the last bit as the problem of the whole, however the rows are cut. Blocks of no rows are
        passed over, as a filter may leave them.

        Raises
        ------
        ValueError
            if there are no rows, a block is no pair or would be refused by itself, or the numbers of columns differ.
        """
        total: Self | None = None
        for i, given in enumerate(blocks):
            if not isinstance(given, (tuple, list)) or len(given) != 2:
                raise ValueError(f"blocks: got a {type(given).__name__} at [{i}]; pairs (x, y) will do")
            x, y = given
            if len(x) == 0 and len(y) == 0:
                continue
            try:
                block = cls(x, y, intercept)
                total = block if total is None else total.merge(block)
            except ValueError as error:
                raise ValueError(f"block {i}: {error}") from None
        if total is None:
            raise ValueError("blocks: got no rows; at least one row and one column will do")
        return total

    @classmethod
    def of_gram(cls, gram: Gram, d: int, m: int, intercept: bool = True) -> Self:
        """The problem whose columns `[x, 1, y]` have these sums of products: d of x, m of y.

        Raises
        ------
        ValueError
            if the columns are more or fewer.
        """
        if len(gram.scales) != d + int(intercept) + m:
            raise ValueError(
                f"gram: got {len(gram.scales)} columns; {d + int(intercept) + m}, of x, the intercept and y, will do"
            )
        problem = cls.__new__(cls)
        problem._start(gram, d, m, intercept)
        return problem

    def merge(self, *others: Self) -> Self:
        """The problem of the rows of all, the same to the last bit however rows are shared out among them.

        Raises
        ------
        ValueError
            if they differ in d, m, or in whether there is an intercept, or one is no such problem.
        """
        gram = self.gram
        for other in others:
            if not isinstance(other, NormalEquations):
                raise ValueError(f"other: got {other!r}; a {type(self).__name__} will do")
            mine, theirs = (self.d, self.m, self.intercept), (other.d, other.m, other.intercept)
            if mine != theirs:
                raise ValueError(f"other: got (d, m, intercept) = {theirs} for {mine}; problems of one shape will do")
            gram = gram + other.gram
        return self.of_gram(gram, self.d, self.m, self.intercept)

    def __reduce__(self) -> tuple[Any, ...]:
        # What has been computed from the sums stays behind: python-flint's matrices do not pickle.
        return type(self).of_gram, (self.gram, self.d, self.m, self.intercept)

    def _start(self, gram: Gram, d: int, m: int, intercept: bool) -> None:
        self.gram, self.d, self.m, self.intercept = gram, d, m, intercept
        self.rows = gram.rows
        self.unknowns = d + int(intercept)

    @cached_property
    def G(self) -> fmpq_mat:
        """The Gram matrix `XᵀX`, `(p, p)`."""
        return self._products(range(self.unknowns), range(self.unknowns))

    @cached_property
    def C(self) -> fmpq_mat:
        """`XᵀY`, `(p, m)`."""
        return self._products(range(self.unknowns), self._targets)

    @cached_property
    def s(self) -> tuple[Fraction, ...]:
        """`diag(YᵀY)`, m sums of squares."""
        return tuple(to_fraction(self._products([t], [t])[0, 0]) for t in self._targets)

    @cached_property
    def rank(self) -> int:
        """The rank of X, decided exactly."""
        return self.G.rank()

    @property
    def _targets(self) -> range:
        return range(self.unknowns, self.unknowns + self.m)

    def _products(self, rows: Any, columns: Any) -> fmpq_mat:
        scales, integers = self.gram.scales, self.gram.integers
        return fmpq_mat(
            len(rows),
            len(columns),
            [to_fmpq(scales[j] * scales[k]) * integers[j, k] for j in rows for k in columns],
        )


def _same_rows(x_rows: int, y_rows: int) -> None:
    if x_rows != y_rows:
        raise ValueError(f"y: got {y_rows} rows for {x_rows} rows of x; one row of y for each of x will do")
