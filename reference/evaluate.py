"""The exact gradient and loss at every iterate of a run, all steps at once.

What a judge wants of the truth is not the true number but how far the reported one is from it. Both are exact
here: parameters, gradients and sums are integers with shared exponents, the difference is formed in integers,
and one rounding to float64 comes last.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from flint import fmpz_mat

from reference.dyadic import Dyadic, FloatArray, IntegerArray
from reference.least_squares import LeastSquares


class Evaluation:
    """The least-squares problem `problem`, evaluated at K iterates.

    Parameters
    ----------
    problem
        a least-squares problem whose data were floats, with an intercept.
    V
        `(K, p, m)` finite float64: the iterates `[w; b]`.
    divisor
        what the sum of squares is divided by; the mean's N m, if not given.

    Raises
    ------
    ValueError
        if the data were not floats, or an iterate is not finite or has another shape.
    """

    def __init__(self, problem: LeastSquares, V: FloatArray, divisor: int | None = None) -> None:
        scales = problem.gram.scales
        if any(s.numerator & (s.numerator - 1) or s.denominator & (s.denominator - 1) for s in scales):
            raise ValueError("problem: got data that are no binary fractions; data given as floats will do")
        if V.ndim != 3 or V.shape[1:] != (problem.unknowns, problem.m):
            raise ValueError(f"V: got shape {V.shape}; (K, {problem.unknowns}, {problem.m}) will do")
        self.problem = problem
        self.V = V
        p, m = problem.unknowns, problem.m
        self._exponents = [s.numerator.bit_length() - s.denominator.bit_length() for s in scales]
        self._count = problem.rows * m if divisor is None else divisor
        # Column j of X is integers times 2**e_j: give the scale to the parameters, so that the products are
        # integer matrices at one exponent.
        exact = Dyadic.from_floats(V)
        lowest = min(self._exponents)
        shifts = np.array([e - lowest for e in self._exponents], dtype=object)
        self._U = Dyadic(exact.digits << shifts[:p, None], exact.exponent + lowest)
        self._s = Dyadic(np.array([1], dtype=object) << shifts[p:], lowest)

    @cached_property
    def _moments(self) -> tuple[IntegerArray, IntegerArray]:
        """The integers of `XᵀY` and of `diag(YᵀY)`, the targets' scales left out."""
        p, q = self.problem.unknowns, self.problem.unknowns + self.problem.m
        integers = self.problem.gram.integers
        cross = np.array([[int(integers[j, t]) for t in range(p, q)] for j in range(p)], dtype=object)
        return cross, np.array([int(integers[t, t]) for t in range(p, q)], dtype=object)

    @cached_property
    def _descent(self) -> Dyadic:
        """`XᵀX V - XᵀY`, `(K, p, m)`, each row j in units of column j's scale."""
        K, p, m = self.V.shape
        integers = self.problem.gram.integers
        square = fmpz_mat(p, p, [integers[j, k] for j in range(p) for k in range(p)])
        flat = np.moveaxis(self._U.digits, 0, 1).reshape(p, K * m)
        product = square * fmpz_mat(p, K * m, flat.ravel().tolist())
        digits = np.empty(p * K * m, dtype=object)
        digits[:] = list(map(int, product.entries()))
        GV = Dyadic(np.moveaxis(digits.reshape(p, K, m), 1, 0), self._U.exponent)
        return GV - Dyadic(self._moments[0], 0) * self._s

    def gradient(self) -> FloatArray:
        """The exact gradients `(2/(N m)) (G V - C)`, `(K, p, m)`, rounded to float64."""
        return np.asarray(self._count_times_gradient.to_floats() / self._count)

    def gradient_error(self, reported: FloatArray) -> FloatArray:
        """Reported gradients minus the exact ones, `(K, p, m)`, exact but for two last roundings."""
        error = Dyadic.from_floats(reported) * self._count - self._count_times_gradient
        return np.asarray(error.to_floats() / self._count)

    def residual_squares(self) -> FloatArray:
        """`RSS = Σ_i r_i²` of every iterate and target, `(K, m)`, rounded to float64."""
        return self._residual_squares.to_floats()

    def loss_error(self, reported: FloatArray) -> FloatArray:
        """Reported losses minus the exact ones, `(K,)`, exact but for two last roundings to float64."""
        error = Dyadic.from_floats(reported) * self._count - self._total
        return np.asarray(error.to_floats() / self._count)

    def loss(self) -> FloatArray:
        """The exact losses, `(K,)`, rounded to float64."""
        return np.asarray(self._total.to_floats() / self._count)

    @cached_property
    def _residual_squares(self) -> Dyadic:
        # vᵀGv - 2cᵀv + s = vᵀ(Gv - c) - cᵀv + s, target by target
        cross, squares = self._moments
        c = Dyadic(cross, 0) * self._s
        quadratic = self._U * (self._descent - c)
        total = Dyadic(quadratic.digits.sum(axis=1), quadratic.exponent)
        return total + Dyadic(squares, 0) * self._s * self._s

    @cached_property
    def _total(self) -> Dyadic:
        squares = self._residual_squares
        return Dyadic(squares.digits.sum(axis=1), squares.exponent)

    @cached_property
    def _count_times_gradient(self) -> Dyadic:
        """`2 (G V - C)` in plain units: N m times the gradient."""
        lowest = min(self._exponents)
        shifts = np.array([e - lowest + 1 for e in self._exponents[: self.problem.unknowns]], dtype=object)
        return Dyadic(self._descent.digits << shifts[:, None], self._descent.exponent + lowest)
