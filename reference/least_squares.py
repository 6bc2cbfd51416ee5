"""Least squares without rounding: the truth that every implementation is held against.

With `X = [x, 1]`, `V = [w; b]`, N rows and m targets, the loss `mean((x @ w + b - y)**2)` depends on the data
through `G = XᵀX`, `C = XᵀY` and `s = diag(YᵀY)` alone. Those are kept exactly, so each answer here costs
O(p² m) rational operations, p = d + 1, however many rows there were. Source of all formulas: the expansion of
the quadratic; Björck, *Numerical Methods for Least Squares Problems*, §1.1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb_mat, fmpq, fmpq_mat

from reference import validate
from reference.descent import iterate, iterate_ball, spectrum
from reference.dyadic import FloatArray
from reference.gram import Gram
from reference.rational import Fractions, exact_array, least_norm, to_fmpq, to_fraction, to_fractions


class SingularError(ValueError):
    """The minimiser is not unique."""


class LeastSquares:
    """The exact least-squares problem of `x (N, d)` and `y (N, m)`.

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
    def of_blocks(cls, blocks: Iterable[tuple[Any, Any]], intercept: bool = True) -> LeastSquares:
        """The problem of all rows of `blocks`, pairs `(x, y)`, of which one at a time is in memory.

        The same to the last bit as the problem of the whole, however the rows are cut. Blocks of no rows are
        passed over, as a filter may leave them.

        Raises
        ------
        ValueError
            if there are no rows, a block would be refused by itself, or the numbers of columns differ.
        """
        total: LeastSquares | None = None
        for i, (x, y) in enumerate(blocks):
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
    def of_gram(cls, gram: Gram, d: int, m: int, intercept: bool = True) -> LeastSquares:
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

    def merge(self, *others: LeastSquares) -> LeastSquares:
        """The problem of the rows of all, the same to the last bit however rows are shared out among them.

        Raises
        ------
        ValueError
            if they differ in d, m, or in whether there is an intercept.
        """
        gram = self.gram
        for other in others:
            mine, theirs = (self.d, self.m, self.intercept), (other.d, other.m, other.intercept)
            if mine != theirs:
                raise ValueError(f"other: got (d, m, intercept) = {theirs} for {mine}; problems of one shape will do")
            gram = gram + other.gram
        return LeastSquares.of_gram(gram, self.d, self.m, self.intercept)

    def __reduce__(self) -> tuple[Any, ...]:
        # What has been computed from the sums stays behind: python-flint's matrices do not pickle.
        return LeastSquares.of_gram, (self.gram, self.d, self.m, self.intercept)

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

    def gradient(self, w: Any, b: Any = None) -> tuple[Fractions, Fractions | None]:
        """The gradient of the loss, `(2/(N m)) (G V - C)`, exactly.

        Parameters
        ----------
        w, b
            shapes `(d, m)` and `(m,)`; `(d,)` and a scalar will do for one target. Floats, integers,
            fractions, decimals and decimal strings are each taken as the number they are.

        Returns
        -------
        `(d, m)` and `(m,)` arrays of fractions.

        Raises
        ------
        ValueError
            if a shape is another, or an entry is no finite number.
        """
        V = self._parameters(w, b)
        return self._split((self.G * V - self.C) * self._mean(2))

    def loss(self, w: Any, b: Any = None) -> Fraction:
        """The loss `(1/(N m)) Σ_targets (vᵀGv - 2cᵀv + s)`, exactly.

        Parameters and errors are those of `gradient`.
        """
        V = self._parameters(w, b)
        inner = V.transpose() * (self.G * V - self.C * 2)
        squares = sum((to_fraction(inner[t, t]) + self.s[t] for t in range(self.m)), Fraction(0))
        return squares / (self.rows * self.m)

    def hessian(self) -> Fractions:
        """The Hessian of the loss for one target's `[w; b]`, `(2/(N m)) G`, `(p, p)` fractions.

        Targets do not mix: the whole Hessian has this block once for each of them.
        """
        return to_fractions(self.G * self._mean(2))

    def solution(self) -> tuple[Fractions, Fractions | None]:
        """The minimiser, `G V* = C`: `w (d, m)` and `b (m,)` as fractions.

        Raises
        ------
        SingularError
            (a `ValueError`) if it is not unique, as exact arithmetic decides it.
        """
        return self._split(self._minimiser)

    def minimum_norm_solution(self) -> tuple[Fractions, Fractions | None]:
        """Of all minimisers the one with the least `‖[w; b]‖₂`, unique or not: `V = G⁺ C`.

        With R the independent rows of `[G | C]`, `V = R_Gᵀ (R_G R_Gᵀ)⁻¹ R_C`.
        Source: Golub & Van Loan, *Matrix Computations*, §5.5.
        """
        return self._split(least_norm(self.G, self.C))

    def limit(self, w0: Any, b0: Any = None) -> tuple[Fractions, Fractions | None]:
        """The minimiser that gradient descent from `(w0, b0)` tends to, where it converges.

        Every gradient lies in the range of G, so the part of the start in G's null space stays:
        `V = G⁺ (C - G V₀) + V₀`. For a regular G this is the minimiser. Errors are those of `gradient`.
        """
        V0 = self._parameters(w0, b0)
        return self._split(least_norm(self.G, self.C - self.G * V0) + V0)

    def residual_sum_of_squares(self) -> tuple[Fraction, ...]:
        """`Σ (y - x w - b)²` at a minimiser, `s - cᵀ V`, one fraction for each target."""
        V = least_norm(self.G, self.C)
        explained = self.C.transpose() * V
        return tuple(self.s[t] - to_fraction(explained[t, t]) for t in range(self.m))

    def variances(self) -> Fractions:
        """Squares of the standard errors of `[w; b]`, `RSS/(N - p) · diag(G⁻¹)`, shape `(p, m)`.

        Raises
        ------
        ValueError
            if the minimiser is not unique, or there are no more rows than unknowns.
        """
        if self.rank < self.unknowns or self.rows <= self.unknowns:
            raise SingularError(
                f"x: {self.rows} rows of rank {self.rank} leave no degrees of freedom for {self.unknowns} "
                "unknowns; more rows than unknowns, of full rank, will do"
            )
        diagonal = self.G.inv()
        freedom = self.rows - self.unknowns
        return np.array(
            [
                [rss / freedom * to_fraction(diagonal[j, j]) for rss in self.residual_sum_of_squares()]
                for j in range(self.unknowns)
            ],
            dtype=object,
        )

    def descend(self, w0: Any, b0: Any, lr: Any, steps: int) -> tuple[Fractions, Fractions | None]:
        """Where exact gradient descent is after `steps` updates: `V_k - V* = (I - lr H)^k (V_0 - V*)`.

        Computed by repeated squaring of the affine map `V -> V - lr (2/(N m)) (G V - C)`, in rationals whose
        length grows with the steps; `descend_ball` does the same in ball arithmetic.

        Parameters
        ----------
        w0, b0
            the start, shapes as in `gradient`.
        lr
            the learning rate: a float is taken as the rational it is, a `Fraction` too.

        Returns
        -------
        `w (d, m)` and `b (m,)` as fractions.

        Raises
        ------
        ValueError
            if a shape is another, lr is negative or not finite, or steps is less than 1.
        """
        A, c = self._map(lr)
        return self._split(iterate(A, c, self._parameters(w0, b0), validate.step_count(steps)))

    def descend_ball(self, w0: Any, b0: Any, lr: Any, steps: int) -> arb_mat:
        """The result of `descend` as `[w; b]`, `(p, m)` balls that contain it.

        The radii are at most `2**-80` of the largest entry, or of the smallest float64, since no ball around
        an exact zero is small beside it; precision is raised until they are. Errors are those of `descend`.
        """
        A, c = self._map(lr)
        V0 = self._parameters(w0, b0)
        return iterate_ball(A, c, V0, validate.step_count(steps))

    def spectrum(self) -> tuple[FloatArray, float]:
        """Eigenvalues of the Hessian, ascending, and a bound on the error of each; `descent.spectrum` tells how."""
        return spectrum(self.hessian())

    def contraction(self, lr: float) -> float:
        """An upper bound of `max |1 - lr λ_i(H)|`: the factor by which a step shrinks what errors there are.

        Raises
        ------
        ValueError
            if lr is negative or not finite.
        """
        lr = validate.learning_rate(lr)
        values, error = self.spectrum()
        if not math.isfinite(error):
            return math.inf
        return float(np.abs(1 - lr * values).max()) * (1 + 2**-50) + lr * error

    @cached_property
    def rank(self) -> int:
        """The rank of X, decided exactly."""
        return self.G.rank()

    @property
    def _targets(self) -> range:
        return range(self.unknowns, self.unknowns + self.m)

    @property
    def _table(self) -> str:
        return "[x, 1]" if self.intercept else "x"

    def _products(self, rows: Any, columns: Any) -> fmpq_mat:
        scales, integers = self.gram.scales, self.gram.integers
        return fmpq_mat(
            len(rows),
            len(columns),
            [to_fmpq(scales[j] * scales[k]) * integers[j, k] for j in rows for k in columns],
        )

    def _mean(self, factor: int) -> fmpq:
        return fmpq(factor, self.rows * self.m)

    def _map(self, lr: Any) -> tuple[fmpq_mat, fmpq_mat]:
        exact = lr if isinstance(lr, Fraction) and lr >= 0 else Fraction(validate.learning_rate(lr))
        rate = to_fmpq(exact) * self._mean(2)
        p = self.unknowns
        identity = fmpq_mat(p, p, [int(i == j) for i in range(p) for j in range(p)])
        return identity - self.G * rate, self.C * rate

    @cached_property
    def _minimiser(self) -> fmpq_mat:
        if self.rank < self.unknowns:
            raise SingularError(
                f"x: the least-squares solution is not unique, since {self._table} has rank {self.rank} for "
                f"{self.unknowns} unknowns; minimum_norm_solution() gives the one of least norm"
            )
        return self.G.solve(self.C)

    def _parameters(self, w: Any, b: Any) -> fmpq_mat:
        rows = [exact_array("w", w, (self.d, self.m))]
        if self.intercept:
            rows.append(exact_array("b", b, (self.m,))[None, :])
        elif b is not None:
            raise ValueError(f"b: got {b!r} for a model without an intercept; None will do")
        V = np.concatenate(rows)
        return fmpq_mat(self.unknowns, self.m, [to_fmpq(v) for v in V.ravel()])

    def _split(self, V: fmpq_mat) -> tuple[Fractions, Fractions | None]:
        values = to_fractions(V)
        return values[: self.d], values[self.d] if self.intercept else None


def _same_rows(x_rows: int, y_rows: int) -> None:
    if x_rows != y_rows:
        raise ValueError(f"y: got {y_rows} rows for {x_rows} rows of x; one row of y for each of x will do")
