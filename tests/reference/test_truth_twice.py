"""The exact truth against a second one, written apart from it in the standard library's fractions: equal, every bit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reference.evaluate import Evaluation
from reference.least_squares import LeastSquares, SingularError
from reference.optimizers.sgd import update_error
from tests.support.fraction_truth import FractionTruth, Matrix, combine, fractions, nearest

pytestmark = pytest.mark.sweep

# The same examples in every run, and no clock in the verdict.
SAME = settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

EDGES = (0.0, -0.0, 1.0, -1.0, 2.0**-1074, 2.0**-1022, -(2.0**-149), 2.0**-126, 2.0**100, -(2.0**127))


def floats(width: int) -> st.SearchStrategy[float]:
    """Whatever has misled someone: any exponent, subnormals, zeros, ties, and small numbers on a huge offset."""
    any_exponent = st.floats(allow_nan=False, allow_infinity=False, width=width)  # type: ignore[arg-type]
    edges = st.sampled_from([v for v in EDGES if width == 64 or float(np.float32(v)) == v])
    duplicates = st.integers(-3, 3).map(float)
    offsets = st.integers(0, 7).map(lambda k: 2.0**20 + k)
    return st.one_of(any_exponent, edges, duplicates, offsets, duplicates.map(lambda v: v / 8))


NUMBERS: dict[str, st.SearchStrategy[Any]] = {
    "float64": floats(64),
    "float32": floats(32),
    "fraction": st.one_of(st.fractions(max_denominator=999), st.integers(-2, 2).map(Fraction)),
    "decimal": st.one_of(st.decimals(-(10**6), 10**6, places=4), st.integers(-2, 2).map(Decimal)),
    "string": st.decimals(-(10**6), 10**6, places=6).map(str),
}
KINDS = pytest.mark.parametrize("kind", NUMBERS)
FLOATS = pytest.mark.parametrize("kind", ["float64", "float32"])


@dataclass(frozen=True)
class Case:
    """One problem, once for each of the two, and a point in the space of its parameters."""

    exact: LeastSquares
    truth: FractionTruth
    V: Matrix

    @property
    def parameters(self) -> tuple[Any, Any]:
        """V as `w` and `b`."""
        if not self.truth.intercept:
            return self.V, None
        return self.V[:-1], self.V[-1]


def table(data: st.DataObject, kind: str, rows: int, columns: int) -> list[list[Any]]:
    row = st.lists(NUMBERS[kind], min_size=columns, max_size=columns)
    return data.draw(st.lists(row, min_size=rows, max_size=rows))


def draw(data: st.DataObject, kind: str, intercept: bool | None = None) -> Case:
    rows, d, m = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 3)), data.draw(st.integers(1, 2))
    with_ones = data.draw(st.booleans()) if intercept is None else intercept
    x, y = table(data, kind, rows, d), table(data, kind, rows, m)
    if data.draw(st.booleans()):  # dependent columns or rows: every road has to find out
        x = [[row[0]] * d for row in x]
    if data.draw(st.booleans()):
        x[-1], y[-1] = x[0], y[0]
    V = fractions(table(data, "float64", d + int(with_ones), m))
    truth = FractionTruth(fractions(x), fractions(y), with_ones)
    given_x, given_y = (np.array(v, dtype=kind) if kind in ("float64", "float32") else v for v in (x, y))
    return Case(LeastSquares(given_x, given_y, intercept=with_ones), truth, V)


def joined(parts: tuple[npt.NDArray[np.object_], npt.NDArray[np.object_] | None]) -> Matrix:
    w, b = parts
    return w.tolist() + ([] if b is None else [b.tolist()])  # type: ignore[no-any-return]


@KINDS
@SAME
@given(data=st.data())
def test_gradient_loss_hessian(kind: str, data: st.DataObject) -> None:
    case = draw(data, kind)
    assert joined(case.exact.gradient(*case.parameters)) == case.truth.gradient(case.V)
    assert case.exact.loss(*case.parameters) == case.truth.loss(case.V)
    assert case.exact.hessian().tolist() == case.truth.hessian()


@KINDS
@SAME
@given(data=st.data())
def test_minimisers(kind: str, data: st.DataObject) -> None:
    case = draw(data, kind)
    unique, least = case.truth.solution(), case.truth.minimum_norm()
    assert joined(case.exact.minimum_norm_solution()) == least
    assert list(case.exact.residual_sum_of_squares()) == case.truth.residual_squares(least)
    if unique is None:
        with pytest.raises(SingularError):
            case.exact.solution()
    else:
        assert joined(case.exact.solution()) == unique == least


@KINDS
@SAME
@given(data=st.data())
def test_limit(kind: str, data: st.DataObject) -> None:
    """The minimiser nearest to the start: the start, plus the least-norm answer to what it leaves over."""
    case = draw(data, kind)
    rest = FractionTruth(case.truth.x, combine(lambda r, _: -r, case.truth.residuals(case.V), case.truth.y), False)
    ones = FractionTruth(case.truth.X, rest.y, False)
    expected = combine(lambda a, b: a + b, case.V, ones.minimum_norm())
    assert joined(case.exact.limit(*case.parameters)) == expected


@KINDS
@SAME
@given(data=st.data(), lr=st.one_of(st.floats(0, 2), st.floats(0, 2**-20)), steps=st.integers(1, 5))
def test_descent(kind: str, data: st.DataObject, lr: float, steps: int) -> None:
    case = draw(data, kind)
    end = case.truth.descend(case.V, Fraction(lr), steps)
    assert joined(case.exact.descend(*case.parameters, lr, steps)) == end


@FLOATS
@SAME
@given(data=st.data())
def test_evaluation_of_gradients(kind: str, data: st.DataObject) -> None:
    case = draw(data, kind, intercept=True)
    V = np.array([[[float(v) for v in row] for row in case.V]])
    reported = np.array([table(data, "float64", *V.shape[1:])])
    evaluation, count = Evaluation(case.exact, V), case.truth.count
    gradient = case.truth.gradient(case.V)
    error = combine(lambda r, g: r - g, fractions(reported[0].tolist()), gradient)
    assert evaluation.gradient()[0].tolist() == [[nearest(g * count) / count for g in row] for row in gradient]
    assert evaluation.gradient_error(reported)[0].tolist() == [
        [nearest(e * count) / count for e in row] for row in error
    ]


@FLOATS
@SAME
@given(data=st.data(), reported=floats(64))
def test_evaluation_of_losses(kind: str, data: st.DataObject, reported: float) -> None:
    case = draw(data, kind, intercept=True)
    evaluation, count = Evaluation(case.exact, np.array([fractions_to_floats(case.V)])), case.truth.count
    loss = case.truth.loss(case.V)
    assert evaluation.residual_squares()[0].tolist() == [nearest(r) for r in case.truth.residual_squares(case.V)]
    assert evaluation.loss().tolist() == [nearest(loss * count) / count]
    error = (Fraction(reported) - loss) * count
    assert evaluation.loss_error(np.array([reported])).tolist() == [nearest(error) / count]


def fractions_to_floats(V: Matrix) -> list[list[float]]:
    return [[float(v) for v in row] for row in V]


def test_evaluation_keeps_iterates_apart() -> None:
    """Exponents are shared over a whole run: one huge iterate must cost another none of its digits."""
    x, y = [[1.5], [2.0], [-0.75]], [[0.1], [0.2], [0.3]]
    V = np.array([[[1e300], [1e-300]], [[0.1], [-0.2]], [[5e-324], [0.0]]])
    exact, truth = LeastSquares(np.array(x), np.array(y)), FractionTruth(fractions(x), fractions(y))
    expected = [[[nearest(g * 3) / 3 for g in row] for row in truth.gradient(fractions(v))] for v in V.tolist()]
    assert Evaluation(exact, V).gradient().tolist() == expected


def test_evaluation_refuses_data_that_are_no_binary_fractions() -> None:
    with pytest.raises(
        ValueError, match=r"^problem: got data that are no binary fractions; data given as floats will do$"
    ):
        Evaluation(LeastSquares(["0.1", "1"], ["1", "2"]), np.zeros((1, 2, 1)))


@pytest.mark.parametrize("shape", [(2, 1), (1, 1, 2), (1, 3, 1)])
def test_evaluation_refuses_iterates_of_another_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=rf"^V: got shape {re.escape(str(shape))}; \(K, 2, 1\) will do$"):
        Evaluation(LeastSquares(np.array([1.0, 2.0]), np.ones(2)), np.zeros(shape))


def test_evaluation_refuses_nan() -> None:
    with pytest.raises(ValueError, match=r"^values: NaN and infinity have no exact value"):
        Evaluation(LeastSquares(np.array([1.0, 2.0]), np.ones(2)), np.full((1, 2, 1), np.nan))


@SAME
@given(before=floats(64), gradient=floats(64), lr=st.floats(0, 4), after=floats(64))
def test_update_error(before: float, gradient: float, lr: float, after: float) -> None:
    error = Fraction(after) - (Fraction(before) - Fraction(lr) * Fraction(gradient))
    got = update_error(np.array([before]), np.array([gradient]), lr, np.array([after]))
    assert got.tolist() == [nearest(error)]


# Planted faults: the comparison must notice the smallest of them.


def test_one_bit_of_one_datum_is_noticed() -> None:
    x, y = [[1.0], [2.0], [4.0]], [[1.0], [3.0], [4.0]]
    truth = FractionTruth(fractions(x), fractions(y))
    x[1][0] = float(np.nextafter(2.0, 3.0))
    assert joined(LeastSquares(np.array(x), np.array(y)).solution()) != truth.solution()


def test_the_other_minimiser_is_noticed() -> None:
    truth = FractionTruth(fractions([[1.0], [1.0]]), fractions([[1.0], [2.0]]))
    other = [[Fraction(3, 2)], [Fraction(0)]]
    assert truth.gradient(other) == truth.gradient(truth.minimum_norm())
    assert other != truth.minimum_norm()
