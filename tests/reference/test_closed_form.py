"""The float closed forms against the exact minimiser, inside bounds that their theory gives them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest

from reference import nist, problems
from reference.closed_form import CLOSED_FORMS, Solution
from reference.closed_form_bounds import BOUNDS
from reference.dyadic import FloatArray
from reference.formats import BY_NAME
from reference.least_squares import LeastSquares, SingularError

Data = tuple[FloatArray, FloatArray]


def line(rows: int, d: int, m: int, seed: int, offset: float = 0.0, scale: float = 5.0, noise: float = 0.2) -> Data:
    """A noisy linear law on `[offset, offset + scale]`."""
    rng = np.random.default_rng(seed)
    x = offset + scale * rng.random((rows, d))
    w = rng.standard_normal((d, m)) * 5
    return x, x @ w + 2.3 + noise * rng.standard_normal((rows, m))


def stored(name: str) -> Data:
    problem = problems.load(name)
    return problem.x.astype(np.float64), problem.y.astype(np.float64)


def polynomial(name: str) -> Data:
    regression = nist.load(name)
    return np.array(regression.x, dtype=np.float64), np.array(regression.y, dtype=np.float64)


def residuals() -> Data:
    """Targets that no line explains: the minimiser is next to nothing, and its error all of the residual's making."""
    x, _ = line(100, 1, 1, seed=10)
    y = np.random.default_rng(11).standard_normal((100, 1))
    X = np.hstack([x, np.ones_like(x)])
    return x, y - X @ np.linalg.lstsq(X, y)[0]


DATA: dict[str, Callable[[], Data]] = {
    "classic": lambda: stored("stackoverflow"),
    "classic_noisy": lambda: stored("stackoverflow_noisy"),
    "probe97": lambda: stored("probe97"),
    "float64_line": lambda: line(100, 1, 1, seed=0),
    "five_features_three_targets": lambda: line(50, 5, 3, seed=1),
    "two_rows": lambda: line(2, 1, 1, seed=2),
    "thousand_rows": lambda: line(1000, 2, 2, seed=3),
    "tiny_feature": lambda: line(30, 1, 1, seed=4, scale=1e-3),
    "offset_1e2": lambda: line(100, 1, 1, seed=5, offset=1e2),
    "offset_1e4": lambda: line(100, 1, 1, seed=6, offset=1e4),
    "offset_4e5_five_rows": lambda: line(5, 1, 1, seed=9, offset=4e5, noise=0.0),
    "nothing_but_residuals": residuals,
    "norris": lambda: polynomial("Norris"),
    "wampler1": lambda: polynomial("Wampler1"),
    "wampler2": lambda: polynomial("Wampler2"),
}

# The square of the condition number times u has reached 1: no bound holds for the normal equations here.
BLIND = {("normal_equations", name) for name in ("offset_1e4", "offset_4e5_five_rows", "wampler1", "wampler2")}
CELLS = [(form, data) for form in CLOSED_FORMS for data in DATA]


@cache
def problem(data: str) -> LeastSquares:
    return LeastSquares(*DATA[data]())


def error(exact: LeastSquares, solution: Solution) -> FloatArray:
    """`‖V̂ - V‖₂` of each target: the difference exact, the norm rounded."""
    w, b = exact.solution()
    assert b is not None
    exact_V = np.vstack([w, b[None, :]])
    V = np.vstack([solution[0], solution[1][None, :]])
    difference = [
        [float(Fraction(float(v)) - e) for v, e in zip(*rows, strict=True)] for rows in zip(V, exact_V, strict=True)
    ]
    return np.asarray(np.linalg.norm(np.array(difference), axis=0))


def within(errors: FloatArray, bound: FloatArray) -> bool:
    return bool(np.all(errors <= bound))


def verdict(form: str, data: str, errors: FloatArray, bound: FloatArray) -> str:
    worst = int(np.argmax(errors / bound))
    return (
        f"{form} on {data}, target {worst}: error {errors[worst]:.3g}, bound {bound[worst]:.3g}, "
        f"error/bound {errors[worst] / bound[worst]:.3g}"
    )


@pytest.mark.parametrize(("form", "data"), [cell for cell in CELLS if cell not in BLIND])
def test_error_is_within_the_bound(form: str, data: str) -> None:
    bound = BOUNDS[form](problem(data))
    assert np.isfinite(bound).all(), f"{form} on {data}: the bound is blind"
    errors = error(problem(data), CLOSED_FORMS[form](*DATA[data]()))
    print(verdict(form, data, errors, bound))
    assert within(errors, bound), verdict(form, data, errors, bound)


@pytest.mark.parametrize(("form", "data"), sorted(BLIND))
def test_bound_is_infinite_where_theory_is_blind(form: str, data: str) -> None:
    assert np.isposinf(BOUNDS[form](problem(data))).all()


@pytest.mark.parametrize("form", BOUNDS)
def test_every_bound_is_infinite_for_columns_alike_to_the_last_bit(form: str) -> None:
    exact = LeastSquares(np.array([2.0**52, 2.0**52 + 1, 2.0**52 + 2]), np.array([0.0, 1.0, 5.0]))
    assert np.isposinf(BOUNDS[form](exact)).all()


@pytest.mark.parametrize("form", CLOSED_FORMS)
@pytest.mark.parametrize("dtype", BY_NAME)
def test_every_format_is_taken_as_the_numbers_it_holds(form: str, dtype: str) -> None:
    x, y = (array.astype(BY_NAME[dtype].dtype) for array in line(64, 2, 2, seed=7))
    exact = LeastSquares(x, y)
    errors, bound = error(exact, CLOSED_FORMS[form](x, y)), BOUNDS[form](exact)
    assert within(errors, bound), verdict(form, dtype, errors, bound)


@pytest.mark.parametrize("form", CLOSED_FORMS)
def test_shapes(form: str) -> None:
    w, b = CLOSED_FORMS[form](*line(9, 2, 3, seed=8))
    assert (w.shape, b.shape) == ((2, 3), (3,))
    assert {w.dtype, b.dtype} == {np.dtype(np.float64)}


# Planted faults.


@pytest.mark.parametrize(("form", "data"), [cell for cell in CELLS if cell not in BLIND])
def test_a_moved_solution_is_refused(form: str, data: str) -> None:
    """Moved by more than twice its bound, it is outside wherever within the bound it was."""
    w, b = CLOSED_FORMS[form](*DATA[data]())
    bound = BOUNDS[form](problem(data))
    assert not within(error(problem(data), (w, b + 3 * bound)), bound)


@pytest.mark.parametrize("form", CLOSED_FORMS)
def test_nan_is_refused(form: str) -> None:
    w, b = CLOSED_FORMS[form](*DATA["classic"]())
    bound = BOUNDS[form](problem("classic"))
    errors = error(problem("classic"), (w, b))
    assert not within(errors * np.nan, bound)


@pytest.mark.parametrize("form", ["qr", "svd"])
def test_normal_equations_do_not_pass_for_a_stable_form(form: str) -> None:
    """Columns alike to 1 in 10⁵ cost them the square of that."""
    data = "offset_4e5_five_rows"
    errors = error(problem(data), CLOSED_FORMS["normal_equations"](*DATA[data]()))
    assert not within(errors, BOUNDS[form](problem(data)))


@pytest.mark.parametrize("form", CLOSED_FORMS)
def test_the_line_through_float32_data_is_another(form: str) -> None:
    x, y = DATA["float64_line"]()
    w, b = CLOSED_FORMS[form](x.astype(np.float32), y.astype(np.float32))
    assert not within(error(problem("float64_line"), (w, b)), BOUNDS[form](problem("float64_line")))


# Bad input.

X, Y = np.array([[1.0], [2.0], [4.0]]), np.array([[1.0], [2.0], [3.0]])
BAD_INPUT: dict[str, tuple[Any, Any, str]] = {
    "nan": (np.array([1.0, np.nan, 2.0]), Y, r"^x: got nan at \[1, 0\]; finite numbers will do$"),
    "infinite": (X, np.array([1.0, 2.0, -np.inf]), r"^y: got -inf at \[2, 0\]; finite numbers will do$"),
    "integers": (np.array([1, 2, 3]), Y, r"^x: got dtype int64; float64, float32, bfloat16 or float16 data will do$"),
    "empty": (np.empty((0, 1)), Y, r"^x: got shape \(0, 1\); \(rows, columns\), neither of them 0, will do$"),
    "three_dimensions": (X[None], Y, r"^x: got shape \(1, 3, 1\); \(rows, columns\), neither of them 0, will do$"),
    "rows": (X, Y[:2], r"^y: got 2 rows for 3 rows of x; one row of y for each of x will do$"),
    "too_few": (X[:1], Y[:1], r"^x: got 1 rows for 2 unknowns; 2 rows or more will do$"),
}


@pytest.mark.parametrize("form", CLOSED_FORMS)
@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input(form: str, case: str) -> None:
    x, y, message = BAD_INPUT[case]
    with pytest.raises(ValueError, match=message):
        CLOSED_FORMS[form](x, y)


@pytest.mark.parametrize("form", CLOSED_FORMS)
def test_a_zero_column_is_singular(form: str) -> None:
    with pytest.raises(ValueError, match=r"^x: got columns that are linearly dependent in float64;"):
        CLOSED_FORMS[form](np.zeros((3, 1)), Y)


@pytest.mark.parametrize("form", BOUNDS)
def test_no_bound_without_a_unique_minimiser(form: str) -> None:
    with pytest.raises(SingularError, match=r"^x: the least-squares solution is not unique"):
        BOUNDS[form](LeastSquares(np.ones((3, 1)), Y))
