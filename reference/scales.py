"""The sizes of what a gradient and a loss are summed from: what relative errors are multiplied by.

`q_i = |x_i| |w| + |b| + |y_i|` is the size of the terms of residual `r_i`, for d features and m targets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray
from reference.formats import FLOAT64
from reference.inflation import SMALLEST, inflation, nan_to_inf
from reference.least_squares import LeastSquares

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Scales:
    """The sizes that the bounds are made of, at K iterates.

    Parameters
    ----------
    P
        `(K, p, m)`: `sqrt(G_jj · RSS) ≥ Σ_i |X_ij r_i|`, by Cauchy and Schwarz.
    Q
        `(K, p, m)`: `(A|v| + a)_j = Σ_i |X_ij| q_i`, with `A = |X|ᵀ|X|` and `a = |X|ᵀ|Y|`.
    S
        `(p,)`: `Σ_i |X_ij|`.
    Z
        `(K, p, m)`: `Σ_i |X_ij| Σ_k (|x_ik| + |w_k|)`, what an error in each operand of a residual is multiplied by.
    Z_norm
        `(K,)`: a bound on the 2-norm of `Σ_k (|x_ik| + |w_k|)` over all rows and targets.
    v_norm
        `(K, 1, m)`: `1 + Σ_k |v_k|`.
    rss, total
        `(K,)`: `Σ r_i²` and `T = Σ q_i² = |v|ᵀA|v| + 2aᵀ|v| + s`, over all rows and targets.
    peak, peak_through_gram
        `(K,)`: a bound on every intermediate result of an exact evaluation; the same of one through XᵀX.
    stored
        `(K,)`: a bound on those that are no sums over the rows (residuals, their squares and products with x), and on
        the loss and the gradient; `peak` where the largest entries are not known.
    """

    P: FloatArray
    Q: FloatArray
    S: FloatArray
    Z: FloatArray
    Z_norm: FloatArray
    v_norm: FloatArray
    rss: FloatArray
    total: FloatArray
    peak: FloatArray
    peak_through_gram: FloatArray
    stored: FloatArray

    def within(self, arithmetic: Arithmetic) -> BoolArray:
        """`(K,)`: whether no intermediate result can leave its format.

        Of sums over the rows that is the accumulator's where they are claimed to be wide; else storage's as well.
        """
        summed = arithmetic.accumulate.largest if arithmetic.wide_sums else arithmetic.largest
        inside = self.peak <= summed
        if arithmetic.wide_sums:
            inside = inside & (self.stored <= arithmetic.storage.largest)
        if arithmetic.through_gram:
            inside = inside & (self.peak_through_gram <= summed)
        return np.asarray(inside)


def scales(
    problem: LeastSquares, V: FloatArray, residual_squares: FloatArray, largest: FloatArray | None = None
) -> Scales:
    """The sizes `P`, `Q`, `S`, `RSS`, `T` of the bounds, from above.

    Parameters
    ----------
    problem
        the exact least-squares problem, with an intercept.
    V
        `(K, p, m)` iterates.
    residual_squares
        `(K, m)`: their exact sums of squared residuals, as `Evaluation.residual_squares` gives them.
    largest
        `(p + m,)`: the largest size in each column of `[x, 1, y]`.
    """
    p = problem.unknowns
    absolute = problem.gram.absolute
    A, a, s = absolute[:p, :p], absolute[:p, p:], np.diagonal(absolute)[p:]
    magnitudes = np.abs(V)
    # Below the normal range a float is no longer near its number, and its square root still less.
    subnormal = residual_squares < FLOAT64.smallest_normal
    squares = residual_squares + np.where(subnormal, SMALLEST, 0.0)
    above = inflation(p * problem.m)
    with np.errstate(over="ignore", invalid="ignore"):
        Q = A @ magnitudes + a
        P = np.sqrt(np.diagonal(A))[:, None] * np.sqrt(squares)[:, None, :]
        total = (magnitudes * (Q + a)).sum(axis=(1, 2)) + s.sum()
        d, S = problem.d, A[p - 1]
        weights = magnitudes[:, :d].sum(axis=1)  # Σ_k |w_k|, (K, m)
        Z = A[:, :d].sum(axis=1)[:, None] + S[:, None] * weights[:, None, :]
        Z_norm = np.sqrt(problem.m) * np.sqrt(np.diagonal(A)[:d]).sum()
        Z_norm = Z_norm + np.sqrt(problem.rows) * weights.sum(axis=1)
        # Each |r_i| ≤ sqrt(RSS) and each q_i ≤ sqrt(T); products and partial sums of the gradient stay below P
        # even unscaled, those of the loss below RSS. The factor 2 is the scale in front of the mean.
        peak = 2 * np.maximum.reduce([np.sqrt(total), squares.sum(axis=1), P.max(axis=(1, 2))])
        # There, x, y and their products are summed before they meet the parameters: entries of A, Q, and terms of T.
        through_gram = 2 * np.maximum.reduce([total, Q.max(axis=(1, 2)), np.full(len(V), absolute.max())])
        stored = peak if largest is None else _stored(problem, magnitudes, largest, squares, P)
        v_norm = 1 + magnitudes.sum(axis=1, keepdims=True)
        sizes = (P, Q, S, Z, Z_norm, v_norm, squares.sum(axis=1), total, peak, np.maximum(peak, through_gram), stored)
    # Sums that have outgrown float64 times zero parameters: nothing is known of such a term.
    return Scales(*(nan_to_inf(size * above) for size in sizes))


def _stored(
    problem: LeastSquares, magnitudes: FloatArray, largest: FloatArray, squares: FloatArray, P: FloatArray
) -> FloatArray:
    """`2 max(q, r², |x r|, P/(N m), RSS/(N m))`, `(K,)`, the largest in any row: q by the columns' largest entries.

    A residual is no larger than q, nor than the root of the sum of their squares. The factor 2 is the one in front of
    the mean.
    """
    p, count = problem.unknowns, problem.rows * problem.m
    q = (largest[:p, None] * magnitudes).sum(axis=1) + largest[p:]  # (K, m)
    residual = np.minimum(q, np.sqrt(squares)).max(axis=1)
    means = np.maximum(P.max(axis=(1, 2)), squares.sum(axis=1)) / count
    return np.asarray(2 * np.maximum.reduce([q.max(axis=1), residual**2, largest[:p].max() * residual, means]))
