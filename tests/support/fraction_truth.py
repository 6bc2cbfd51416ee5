"""A second truth: least squares in the standard library's fractions, by other roads than `reference` takes.

Residuals are formed row by row and never through sums of products, systems are solved by Gauss-Jordan elimination,
the minimum-norm solution comes from a factorisation of X instead of its Gram matrix, descent walks step by step, and
floats are rounded digit by digit. Matrices are lists of rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

Matrix = list[list[Fraction]]
ZERO, ONE = Fraction(0), Fraction(1)


def product(A: Matrix, B: Matrix) -> Matrix:
    return [[sum((a * B[k][j] for k, a in enumerate(row)), ZERO) for j in range(len(B[0]))] for row in A]


def transpose(A: Matrix) -> Matrix:
    return [list(column) for column in zip(*A, strict=True)]


def combine(operation: Callable[[Fraction, Fraction], Fraction], A: Matrix, B: Matrix) -> Matrix:
    return [[operation(a, b) for a, b in zip(*rows, strict=True)] for rows in zip(A, B, strict=True)]


def eliminate(A: Matrix) -> tuple[Matrix, list[int]]:
    """Gauss-Jordan: the reduced row echelon form without its zero rows, and the pivots' columns."""
    rows: Matrix = [list(row) for row in A]
    pivots: list[int] = []
    for column in range(len(A[0])):
        found = next((i for i in range(len(pivots), len(rows)) if rows[i][column]), None)
        if found is None:
            continue
        rank = len(pivots)
        rows[rank], rows[found] = rows[found], rows[rank]
        rows[rank] = [v / rows[rank][column] for v in rows[rank]]
        for i, row in enumerate(rows):
            if i != rank and row[column]:
                rows[i] = [v - row[column] * p for v, p in zip(row, rows[rank], strict=True)]
        pivots.append(column)
    return rows[: len(pivots)], pivots


def solve(A: Matrix, B: Matrix) -> Matrix | None:
    """The solution of `A V = B`, or None where A is singular."""
    reduced, pivots = eliminate([a + b for a, b in zip(A, B, strict=True)])
    if pivots[: len(A)] != list(range(len(A))):
        return None
    return [row[len(A) :] for row in reduced[: len(A)]]


@dataclass(frozen=True)
class FractionTruth:
    """The problem of `x (N, d)` and `y (N, m)`, with a column of ones if it has an intercept."""

    x: Matrix
    y: Matrix
    intercept: bool = True

    @property
    def X(self) -> Matrix:
        return [row + [ONE] * self.intercept for row in self.x]

    @property
    def count(self) -> int:
        return len(self.y) * len(self.y[0])

    def residuals(self, V: Matrix) -> Matrix:
        return combine(lambda a, b: a - b, product(self.X, V), self.y)

    def gradient(self, V: Matrix) -> Matrix:
        """`(2/(N m)) Xᵀ (X V - Y)`."""
        return [[2 * g / self.count for g in row] for row in product(transpose(self.X), self.residuals(V))]

    def residual_squares(self, V: Matrix) -> list[Fraction]:
        return [sum((r * r for r in column), ZERO) for column in transpose(self.residuals(V))]

    def loss(self, V: Matrix) -> Fraction:
        return sum(self.residual_squares(V), ZERO) / self.count

    def hessian(self) -> Matrix:
        """Its columns are what the gradient gains from a unit step along each axis: exact for a quadratic."""
        p = len(self.X[0])
        width = len(self.y[0])
        start = self.gradient([[ZERO] * width for _ in range(p)])
        ends = [self.gradient([[Fraction(int(i == j))] * width for i in range(p)]) for j in range(p)]
        return transpose([[e[0] - s[0] for e, s in zip(end, start, strict=True)] for end in ends])

    def solution(self) -> Matrix | None:
        Xt = transpose(self.X)
        return solve(product(Xt, self.X), product(Xt, self.y))

    def minimum_norm(self) -> Matrix:
        """`Fᵀ (F Fᵀ)⁻¹ (BᵀB)⁻¹ Bᵀ Y` for `X = B F`, B the pivot columns and F the reduced rows.

        Source: Ben-Israel & Greville, *Generalized Inverses*, §1.6.
        """
        F, pivots = eliminate(self.X)
        if not pivots:
            return [[ZERO] * len(self.y[0]) for _ in self.X[0]]
        B = [[row[j] for j in pivots] for row in self.X]
        inner = solve(product(transpose(B), B), product(transpose(B), self.y))
        assert inner is not None
        outer = solve(product(F, transpose(F)), inner)
        assert outer is not None
        return product(transpose(F), outer)

    def descend(self, V: Matrix, lr: Fraction, steps: int) -> Matrix:
        for _ in range(steps):
            V = combine(lambda v, g: v - lr * g, V, self.gradient(V))
        return V


def nearest(value: Fraction) -> float:
    """The nearest number of 53 bits, ties to even, stored as a float64: below the normal range that rounds again."""
    if not value:
        return 0.0
    sign, magnitude = (-1.0 if value < 0 else 1.0), abs(value)
    exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length() - 53
    if magnitude >= Fraction(2) ** (exponent + 53):
        exponent += 1
    digits = round(magnitude / Fraction(2) ** exponent)  # Python rounds half to even
    try:
        return sign * math.ldexp(digits, exponent)
    except OverflowError:
        return sign * math.inf


def fractions(values: Sequence[Sequence[float]]) -> Matrix:
    return [[Fraction(v) for v in row] for row in values]
