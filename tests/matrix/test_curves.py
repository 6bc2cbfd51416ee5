"""The curves of a row: thinned out without losing a peak, small, and enough to draw the exact run from."""

import json
from typing import cast

import numpy as np
import pytest
from numpy.linalg import norm

from gradagree.matrix.curves import GEOMETRY_DIGITS, POINTS, VALUE_DIGITS, Curves, check_lengths, thin, worst_between
from reference import problems
from reference.dyadic import FloatArray
from tests.support.landscape import exact_path, hessian, loss
from tests.support.rows import right_row

STEPS = 10
# Backward error of an eigendecomposition over n ulp, at most, in LAPACK's own test programs (LAPACK Working Note 41).
LAPACK_RATIO = 30
EIGEN = LAPACK_RATIO * 2 * 2.0**-52


@pytest.fixture(scope="module")
def curves() -> Curves:
    """Of a run on probe97 in float32."""
    found = right_row().curves
    assert found is not None
    return found


def rounding(digits: int) -> float:
    """The largest relative error of rounding to so many decimal digits."""
    return 0.5 * 10.0 ** (1 - digits)


def path_bound(H: FloatArray, optimum: FloatArray, start: FloatArray, lr: float) -> float:
    """How far `V* + (I - lr H)^k (V_0 - V*)` can be off, in the 2-norm, for the digits that a row keeps.

    With `‖I - lr H‖ <= 1` an error of V_0 or V* is no larger afterwards, and one of H counts once a step.
    """
    assert np.abs(np.linalg.eigvalsh(np.eye(2) - lr * H)).max() <= 1 - lr * (rounding(GEOMETRY_DIGITS) + EIGEN) * norm(
        H
    )
    of_start, of_optimum = rounding(VALUE_DIGITS) * norm(start), rounding(GEOMETRY_DIGITS) * norm(optimum)
    of_H = (rounding(GEOMETRY_DIGITS) + EIGEN) * norm(H)
    away = norm(start - optimum) + of_start + of_optimum
    return float(of_start + 2 * of_optimum + (STEPS * lr * of_H + EIGEN) * away)


def loss_bound(H: FloatArray, optimum: FloatArray, minimum: float, V: FloatArray) -> float:
    """How far `L* + ½ (V - V*)ᵀ H (V - V*)` can be off: by the digits of L*, H and V*, and by ten roundings."""
    half = rounding(GEOMETRY_DIGITS)
    of_optimum = half * np.abs(optimum)
    D = np.abs(V - optimum) + of_optimum
    height = 0.5 * D @ np.abs(H) @ D
    ten = 10 * 2.0**-53 / (1 - 10 * 2.0**-53)
    return float(half * (minimum + height) + of_optimum @ np.abs(H) @ D + ten * (1 + half) * (minimum + height))


def coarsely(values: list[float], digits: int) -> list[float]:
    return [float(f"{value:.{digits}g}") for value in values]


def test_thin_keeps_both_ends() -> None:
    assert thin(3, 96) == [0, 1, 2]
    steps = thin(501, POINTS)
    assert (steps[0], steps[-1], len(steps)) == (0, 500, POINTS)
    assert steps == sorted(set(steps))


def test_worst_between_loses_no_peak() -> None:
    ratios = np.zeros(500)
    ratios[123] = 7.0
    assert max(worst_between(ratios, thin(501, POINTS))) == 7.0


def test_row_with_curves_is_small() -> None:
    assert len(json.dumps(right_row().as_json())) < 6_000


@pytest.mark.parametrize(("name", "change"), [("w", -1), ("b", -1), ("loss", 1), ("gradient", 2)])
def test_check_lengths_of_a_curve_off_its_steps_raises(curves: Curves, name: str, change: int) -> None:
    check_lengths(curves)
    count = len(curves["steps"]) + change
    with pytest.raises(ValueError, match=rf"length {len(curves['steps'])}, got {count} - at `\$\.curves\.{name}`"):
        check_lengths(cast(Curves, {**curves, name: [0.0] * count}))


def test_curves_carry_the_exact_loss_and_path(curves: Curves) -> None:
    """Against the exact rational truth: the loss, the minimiser and the path."""
    problem = problems.load("probe97").cast("float32")
    squares = problem.least_squares
    found_w, found_b = squares.descend(problem.w0, problem.b0, problem.lr, STEPS)
    optimum_w, optimum_b = squares.solution()
    assert found_b is not None
    assert optimum_b is not None
    optimum = np.array([optimum_w[0, 0], optimum_b[0]], dtype=np.float64)
    H = np.array(squares.hessian(), dtype=np.float64)
    start = np.array([problem.w0[0, 0], problem.b0[0]], dtype=np.float64)

    path = np.array([found_w[0, 0], found_b[0]], dtype=np.float64)
    assert norm(exact_path(curves, STEPS) - path) <= path_bound(H, optimum, start, problem.lr)
    V = np.array([1.0, 2.0])
    exact = float(squares.loss([[1.0]], [2.0]))
    bound = loss_bound(H, optimum, float(squares.loss(optimum_w, optimum_b)), V)
    assert abs(loss(curves, V) - exact) <= bound
    # Both can fail: a few digits fewer are seen.
    coarse = cast(Curves, {**curves, "hessian": coarsely(curves["hessian"], 6), "w": [float(f"{start[0]:.3g}")]})
    assert not abs(loss(coarse, V) - exact) <= bound
    assert not norm(exact_path(coarse, STEPS) - path) <= path_bound(H, optimum, start, problem.lr)
    assert loss(curves, np.array(curves["minimiser"])) == curves["minimum"]
    assert np.array_equal(hessian(curves), hessian(curves).T)
