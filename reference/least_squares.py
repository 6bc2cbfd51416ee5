"""Least squares without rounding: the truth that every implementation is held against.

`normal_equations` sums up the data, `quadratic` answers for the loss, its derivatives and descent on it; here are its
minimisers, and what statistics ask of them.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import Any

from flint import fmpq_mat

from reference.quadratic import Quadratic
from reference.rational import Fractions, least_norm, to_fraction


class SingularError(ValueError):
    """The minimiser is not unique."""


class LeastSquares(Quadratic):
    """The exact least-squares problem of `x (N, d)` and `y (N, m)`: the loss and its minimisers.

    Parameters and errors are those of `NormalEquations`.
    """

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

    @property
    def _table(self) -> str:
        return "[x, 1]" if self.intercept else "x"

    @cached_property
    def _minimiser(self) -> fmpq_mat:
        if self.rank < self.unknowns:
            raise SingularError(
                f"x: the least-squares solution is not unique, since {self._table} has rank {self.rank} for "
                f"{self.unknowns} unknowns; minimum_norm_solution() gives the one of least norm"
            )
        return self.G.solve(self.C)
