"""Exact least squares: known answers, singular problems, descent, spectrum, and what bad input gets."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from reference.descent import BALL_BITS
from reference.gram import Gram
from reference.least_squares import LeastSquares, SingularError

LINE = LeastSquares(["0", "1", "2"], ["1", "3", "5.5"])
# Two features that are one: [x, 1] has rank 2 for 3 unknowns.
TWINS = LeastSquares(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]), np.array([1.0, 3.0, 5.5]))
CONSTANT = LeastSquares(np.full((4, 1), 3.0), np.array([1.0, 2.0, 3.0, 6.0]))
ONE_ROW = LeastSquares(np.array([2.0]), np.array([5.0]))
NO_INTERCEPT = LeastSquares(np.array([1.0, 2.0]), np.array([2.0, 3.0]), intercept=False)


def listed(parts: Any) -> Any:
    w, b = parts
    return w.tolist(), None if b is None else b.tolist()


def F(text: str) -> Fraction:
    return Fraction(text)


# Known answers, worked by hand.


def test_line_through_three_points() -> None:
    assert listed(LINE.solution()) == ([[F("9/4")]], [F("11/12")])
    assert LINE.residual_sum_of_squares() == (F("1/24"),)
    assert LINE.hessian().tolist() == [[F("10/3"), 2], [2, 2]]
    assert LINE.loss("9/4", "11/12") == F("1/72")


def test_without_an_intercept_there_is_no_b() -> None:
    assert listed(NO_INTERCEPT.solution()) == ([[F("8/5")]], None)
    assert listed(NO_INTERCEPT.gradient(1)) == ([[-3]], None)
    assert listed(NO_INTERCEPT.descend(0, None, 0.125, 1)) == ([[1]], None)


def test_floats_are_the_rationals_they_are() -> None:
    assert (
        LeastSquares(np.array([0.1, 0.2]), np.array([1.0, 1.0])).G[0, 0]
        != LeastSquares(["0.1", "0.2"], ["1", "1"]).G[0, 0]
    )


@pytest.mark.parametrize("tenth", [Decimal("0.1"), "0.1", F("1/10")])
def test_parameters_are_not_rounded(tenth: Any) -> None:
    assert LINE.gradient(tenth, tenth)[0][0, 0] == F("10/3") * F("1/10") + 2 * F("1/10") + F("-28/3")


@pytest.mark.parametrize("integer", [2**63 - 1, np.int64(2**63 - 1)])
def test_integers_are_not_rounded(integer: Any) -> None:
    assert NO_INTERCEPT.gradient(integer)[0][0, 0] == 5 * (2**63 - 1) - 8


def test_decimals_beyond_the_range_of_floats() -> None:
    problem = LeastSquares(["1e400", "2e400", "1e-400"], ["1", "2", "3"])
    assert np.isinf(problem.gram.absolute[0, 0])
    assert listed(problem.gradient(*problem.solution())) == ([[0]], [0])


def test_absolute_sums_of_tiny_decimals_are_still_bounds() -> None:
    gram = Gram.of_rationals([[F("1e-400"), F("-1e-200")], [F("1e300"), F("1e-3")]])
    exact = [
        [F("1e-800") + F("1e-400"), F("1e-100") + F("1e-203")],
        [F("1e-100") + F("1e-203"), F("1e600") + F("1e-6")],
    ]
    pairs = zip(np.ravel(gram.absolute), np.ravel(np.array(exact, dtype=object)), strict=True)
    assert all(math.isinf(above) or Fraction(above) >= value for above, value in pairs)


# Singular problems.

SINGULAR = {
    "twin_features": (TWINS, "[x, 1] has rank 2 for 3 unknowns"),
    "constant_x": (CONSTANT, "[x, 1] has rank 1 for 2 unknowns"),
    "one_row": (ONE_ROW, "[x, 1] has rank 1 for 2 unknowns"),
    "nothing_but_zeros": (LeastSquares(["0"], ["1"], intercept=False), "x has rank 0 for 1 unknowns"),
}


@pytest.mark.parametrize("case", SINGULAR)
def test_singular_problem_has_no_solution(case: str) -> None:
    problem, why = SINGULAR[case]
    message = (
        f"x: the least-squares solution is not unique, since {why}; minimum_norm_solution() gives the one of least norm"
    )
    with pytest.raises(SingularError, match=f"^{re.escape(message)}$"):
        problem.solution()


def test_nearly_singular_is_not_singular() -> None:
    """One bit apart at 2**52: float arithmetic would not see it, exact arithmetic does."""
    assert LeastSquares(np.array([2.0**52, 2.0**52 + 1]), np.array([0.0, 1.0])).solution()[0].tolist() == [[1]]


# Descent.


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 64, 100])
@pytest.mark.parametrize("lr", [0.0, 0.01, 0.3, 0.9])
def test_balls_hold_the_exact_descent(lr: float, steps: int) -> None:
    w, b = LINE.descend(0.1, 0.2, lr, steps)
    assert b is not None
    ball = interval(LINE.descend_ball(0.1, 0.2, lr, steps))
    exact = [w[0, 0], b[0]]
    assert all(abs(mid - e) <= rad for (mid, rad), e in zip(ball, exact, strict=True))
    largest = max(abs(mid) + rad for mid, rad in ball)
    assert all(rad <= largest * F("1/2") ** BALL_BITS for _, rad in ball)


def interval(ball: Any) -> list[tuple[Fraction, Fraction]]:
    """Midpoint and radius of each entry, exactly."""
    return [(dyadic(v.mid()), dyadic(v.rad())) for v in ball.entries()]


def dyadic(value: Any) -> Fraction:
    digits, exponent = value.man_exp()
    return Fraction(int(digits)) * Fraction(2) ** int(exponent)


def test_ball_around_an_exact_zero_ends() -> None:
    """`V₁ = (2/3) V₀ + C/6 = 0`, which no ball of finite precision says exactly."""
    problem = LeastSquares(np.array([1.0, 1.0, 0.0]), np.array([-2.0, -2.0, 0.0]), intercept=False)
    assert listed(problem.descend(1.0, None, 0.25, 1)) == ([[0]], None)
    assert problem.descend_ball(1.0, None, 0.25, 1)[0, 0].contains(0)


# Bad input.

BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "rows": (
        lambda: LeastSquares(np.ones(3), np.ones(2)),
        "y: got 2 rows for 3 rows of x; one row of y for each of x will do",
    ),
    "rows_of_decimals": (
        lambda: LeastSquares(["1"], ["1", "2"]),
        "y: got 2 rows for 1 rows of x; one row of y for each of x will do",
    ),
    "nan": (
        lambda: LeastSquares(np.array([1.0, np.nan]), np.ones(2)),
        "x: got nan at [1, 0]; finite numbers will do",
    ),
    "integers": (
        lambda: LeastSquares(np.ones(2), np.ones(2, dtype=int)),
        "y: got dtype int64; float64, float32, bfloat16 or float16 data will do",
    ),
    "empty": (lambda: LeastSquares([], []), "x: got no data; at least one row and one column will do"),
    "shape_of_w": (lambda: LINE.gradient([1.0, 2.0], 0.0), "w: got shape (2,); (1, 1) will do"),
    "shape_of_b": (lambda: LINE.gradient(1.0, [[0.0]]), "b: got shape (1, 1); (1,) will do"),
    "flat_w_for_two_targets": (
        lambda: LeastSquares(["1", "2"], [["1", "2"], ["3", "4"]]).gradient([1, 2], [0, 0]),
        "w: got shape (2,); (1, 2) will do",
    ),
    "nan_in_w": (lambda: LINE.loss(math.nan, 0.0), "w: got nan; finite numbers will do"),
    "word_for_b": (lambda: LINE.loss(0.0, "one"), "b: got 'one'; finite numbers will do"),
    "no_b": (lambda: LINE.gradient(1.0), "b: got None; finite numbers will do"),
    "b_without_intercept": (
        lambda: NO_INTERCEPT.gradient(1.0, 2.0),
        "b: got 2.0 for a model without an intercept; None will do",
    ),
    "negative_lr": (
        lambda: LINE.descend(0, 0, -0.1, 1),
        "lr: got -0.1; a finite number that is not negative will do",
    ),
    "negative_fraction": (
        lambda: LINE.descend_ball(0, 0, F("-1/3"), 1),
        "lr: got Fraction(-1, 3); a finite number that is not negative will do",
    ),
    "nan_lr": (
        lambda: LINE.contraction(math.nan),
        "lr: got nan; a finite number that is not negative will do",
    ),
    "no_steps": (lambda: LINE.descend(0, 0, 0.1, 0), "steps: got 0; a whole number of 1 or more will do"),
    "negative_steps": (lambda: LINE.descend_ball(0, 0, 0.1, -1), "steps: got -1; a whole number of 1 or more will do"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case: str) -> None:
    call, message = BAD[case]
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()
