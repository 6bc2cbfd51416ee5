"""An adversary rounds as badly as the model allows: the bounds hold, and each is exceeded without its terms."""

from __future__ import annotations

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest

from reference.arithmetic import Arithmetic
from reference.rounding import update_bound
from tests.support.exact_bounds import CLAIMS, Case, Fraction2D, exact_gradient_bound, power, u_m
from tests.support.fraction_truth import fractions

UNDER = pytest.mark.parametrize("claim", CLAIMS)


def worst_gradient(claim: Arithmetic, case: Case) -> Fraction2D:
    """The gradient of positive data with positive residual terms but -y, each rounding upwards by its whole u."""
    N, m, d = len(case.x), len(case.y[0]), len(case.x[0])
    up, depth = 1 + u_m(claim), N if claim.height is None else min(N, claim.height)
    X, V = case.truth.X, fractions(case.V)
    scaled = []
    for row, y in zip(X, case.truth.y, strict=True):
        dots = [sum((a * v[t] for a, v in zip(row[:d], V[:d], strict=True)), Fraction(0)) for t in range(m)]
        dots = [dot * up**2 * power(claim.accumulate, d) * power(claim.storage, 1) for dot in dots]
        sums = [(dot + V[d][t]) * power(claim.storage, 1) for t, dot in enumerate(dots)]
        scaled.append([(s - y[t]) * power(claim.storage, 1) * power(claim.storage, 3) for t, s in enumerate(sums)])
    last = up**2 * power(claim.accumulate, depth) * power(claim.storage, 2 + claim.extra_roundings)
    return [
        [
            Fraction(2, N * m) * last * sum((row[j] * s[t] for row, s in zip(X, scaled, strict=True)), Fraction(0))
            for t in range(m)
        ]
        for j in range(d + 1)
    ]


def exceeds(claim: Arithmetic, case: Case, with_rho: bool = True, with_sigma: bool = True) -> bool:
    bound = exact_gradient_bound(claim, case, with_rho, with_sigma)
    exact, worst = case.truth.gradient(fractions(case.V)), worst_gradient(claim, case)
    return any(
        not (abs(worst[j][t] - exact[j][t]) <= bound[j][t]) for j in range(len(exact)) for t in range(len(exact[0]))
    )


ON_THE_LINE = Case([[1.0], [2.0], [4.0]], [[3.0], [5.0], [9.0]], [[2.0], [1.0]])
MANY_ROWS = Case([[1.0]] * 64, [[-1.0]] * 64, [[0.0], [0.0]])
POSITIVE = Case([[1.0, 0.5], [2.0, 3.0]], [[0.5], [1.5]], [[2.0], [1.0], [0.25]])
ADVERSE = {"on_the_line": ON_THE_LINE, "many_rows": MANY_ROWS, "positive": POSITIVE}


@UNDER
@pytest.mark.parametrize("case", ADVERSE)
def test_no_adversary_exceeds_the_bound(claim: str, case: str) -> None:
    assert not exceeds(CLAIMS[claim], ADVERSE[case])


@pytest.mark.parametrize("claim", [c for c in CLAIMS if c != "coarse"])
def test_without_the_residuals_own_error_the_bound_is_exceeded(claim: str) -> None:
    """On the line every residual is zero, and all that is left is what its roundings made."""
    assert exceeds(CLAIMS[claim], ON_THE_LINE, with_rho=False)


@pytest.mark.parametrize("claim", ["float64", "float32", "bfloat16_throughout", "flushing", "micro_batches"])
def test_without_the_error_of_the_sum_the_bound_is_exceeded(claim: str) -> None:
    assert exceeds(CLAIMS[claim], MANY_ROWS, with_sigma=False)


def test_real_roundings_exceed_a_bound_without_the_residuals_own_error() -> None:
    """bfloat16 loses the whole residual `x w - y = 2**-14` of `x = w = 1 + 2**-7`, `y = 1 + 2**-6`."""
    bfloat16 = ml_dtypes.bfloat16
    x, y, w = bfloat16(1 + 2.0**-7), bfloat16(1 + 2.0**-6), bfloat16(1 + 2.0**-7)
    computed = float((x * w - y) * x * bfloat16(2))
    case = Case([[float(x)]], [[float(y)]], [[float(w)], [0.0]])
    claim = CLAIMS["bfloat16_throughout"]
    error = abs(Fraction(computed) - case.truth.gradient(fractions(case.V))[0][0])
    assert computed == 0
    assert error <= exact_gradient_bound(claim, case)[0][0]
    assert not (error <= exact_gradient_bound(claim, case, with_rho=False)[0][0])


def test_an_update_lost_to_rounding_is_within_the_bound_and_needs_its_first_term() -> None:
    """`1 - 2**-9` is 1 again in bfloat16 (a tie, to even): the error is the whole step."""
    claim, gradient, lr = CLAIMS["bfloat16"], np.array([1.0]), 2.0**-9
    after = float(ml_dtypes.bfloat16(1) - ml_dtypes.bfloat16(lr))
    error = abs(after - (1 - lr))
    assert after == 1
    assert error <= update_bound(claim, lr, gradient, np.array([after]))[0]
    assert not (error <= update_bound(claim, lr, gradient, np.array([0.0]))[0])
