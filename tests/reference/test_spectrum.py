"""The spectrum's float eigenvalues and the contraction made of them, against exact counts of eigenvalues."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from reference import problems
from reference.least_squares import LeastSquares
from tests.support.fraction_truth import Matrix, product

SPECTRA = {
    "classic": problems.load("stackoverflow").least_squares,
    "line": LeastSquares(["0", "1", "2"], ["1", "3", "5.5"]),
    "twins": LeastSquares(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]), np.ones(3)),
    "constant": LeastSquares(np.full((4, 1), 3.0), np.ones(4)),
    "no_intercept": LeastSquares(np.array([1.0, 2.0]), np.ones(2), intercept=False),
    "ill_conditioned": LeastSquares(np.array([1e6, 1e6 + 1, 1e6 + 3]), np.array([0.0, 1.0, 2.0])),
    "wide": LeastSquares(np.array([[1e-9, 1e9], [3e-9, 1e8], [2e-9, 4e9], [7e-9, 2e9]]), np.ones((4, 1))),
    "tiny": LeastSquares(np.array([1e-120, 2e-120]), np.array([1.0, 1.0]), intercept=False),
    "subnormal": LeastSquares(np.array([1e-162, 3e-162]), np.array([1.0, 1.0]), intercept=False),
    "zero": LeastSquares(np.array([0.0, 0.0]), np.array([1.0, 1.0]), intercept=False),
}


def eigenvalues_above(H: Matrix, t: Fraction) -> int:
    """How many eigenvalues of a symmetric H exceed t, exactly.

    They are all real, so the sign changes in the characteristic polynomial of H - t I count the positive ones
    (Descartes); its coefficients come from traces (Faddeev and Le Verrier).
    """
    n = len(H)
    A = [[v - t * (i == j) for j, v in enumerate(row)] for i, row in enumerate(H)]
    M: Matrix = [[Fraction(0)] * n for _ in range(n)]
    coefficients = [Fraction(1)]
    for k in range(1, n + 1):
        M = [[v + coefficients[-1] * (i == j) for j, v in enumerate(row)] for i, row in enumerate(product(A, M))]
        AM = product(A, M)
        coefficients.append(-sum((AM[i][i] for i in range(n)), Fraction(0)) / k)
    signs = [c > 0 for c in coefficients if c]
    return sum(a != b for a, b in pairwise(signs))


def near(H: Matrix, value: float, error: float, index: int) -> bool:
    """Whether the eigenvalue number `index`, ascending, is within `error` of `value`."""
    n, low, high = len(H), Fraction(value) - Fraction(error), Fraction(value) + Fraction(error)
    below_low = eigenvalues_above([[-v for v in row] for row in H], -low)
    return below_low <= index < n - eigenvalues_above(H, high)


def bounds_steps(H: Matrix, lr: float, factor: float) -> bool:
    """Whether `|1 - lr λ| ≤ factor` for every eigenvalue λ of H."""
    scaled = [[Fraction(lr) * v for v in row] for row in H]
    above = eigenvalues_above(scaled, 1 + Fraction(factor))
    below = eigenvalues_above([[-v for v in row] for row in scaled], Fraction(factor) - 1)
    return above == below == 0


@pytest.mark.parametrize("case", SPECTRA)
def test_eigenvalues_are_within_their_error(case: str) -> None:
    H = SPECTRA[case].hessian().tolist()
    values, error = SPECTRA[case].spectrum()
    assert [near(H, v, error, i) for i, v in enumerate(values.tolist())] == [True] * len(values)


@pytest.mark.parametrize("case", [c for c in SPECTRA if c != "zero"])
def test_moved_eigenvalue_is_refused(case: str) -> None:
    H = SPECTRA[case].hessian().tolist()
    values, error = SPECTRA[case].spectrum()
    assert not near(H, float(values[-1]) + 3 * error, error, len(values) - 1)


@pytest.mark.parametrize("lr", [0.0, 0.01, 0.3, 10.0])
@pytest.mark.parametrize("case", SPECTRA)
def test_contraction_bounds_every_step(case: str, lr: float) -> None:
    assert bounds_steps(SPECTRA[case].hessian().tolist(), lr, SPECTRA[case].contraction(lr))


def test_contraction_of_a_step_that_almost_ends_in_one() -> None:
    """The Hessian is 5 and lr the float nearest 1/5: `1 - lr λ` rounds to 0, and is not."""
    assert 1 - 0.2 * float(SPECTRA["no_intercept"].spectrum()[0][0]) == 0
    assert not bounds_steps(SPECTRA["no_intercept"].hessian().tolist(), 0.2, 0.0)
    assert bounds_steps(SPECTRA["no_intercept"].hessian().tolist(), 0.2, SPECTRA["no_intercept"].contraction(0.2))


@pytest.mark.parametrize("case", ["classic", "line", "no_intercept"])
def test_smaller_contraction_is_refused(case: str) -> None:
    smaller = SPECTRA[case].contraction(0.01) * (1 - 2.0**-40)
    assert not bounds_steps(SPECTRA[case].hessian().tolist(), 0.01, smaller)


def test_spectrum_beyond_the_range_of_floats() -> None:
    values, error = (problem := LeastSquares(np.array([1e200, 3e200]), np.array([1.0, 1.0]))).spectrum()
    assert (values.tolist(), error) == ([math.inf, math.inf], math.inf)
    assert problem.contraction(0.0) == math.inf
