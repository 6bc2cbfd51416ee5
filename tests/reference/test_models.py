"""The general way, one forward differentiated over two domains, against the closed form of least squares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from reference.arithmetic import Arithmetic
from reference.domains.exact import Exact
from reference.domains.rounded import Rounded
from reference.dyadic import FloatArray
from reference.formats import BFLOAT16, BY_NAME, FLOAT16, FLOAT32, TF32
from reference.inflation import inflation
from reference.models import evaluated
from reference.models.least_squares import LEAST_SQUARES, LinearLeastSquares
from reference.operations import Node, Tape
from reference.operations.linear import affine
from reference.operations.losses import squared_error
from reference.problem import Problem
from reference.problems import cast
from reference.truth import Truth
from tests.support.fraction_truth import FractionTruth, fractions

NAMES = ("stackoverflow", "targets", "offset", "tails_params_17", "tails_rows_1", "constant_x", "lattice_64_targets")
CLAIMS = {
    "float64": Arithmetic(BY_NAME["float64"], BY_NAME["float64"]),
    "float32": Arithmetic(FLOAT32, FLOAT32),
    "tf32": Arithmetic(FLOAT32, FLOAT32, multiply=TF32),
    "bfloat16": Arithmetic(BFLOAT16, FLOAT32),
    "float16": Arithmetic(FLOAT16, FLOAT32),
    "bfloat16 throughout": Arithmetic(BFLOAT16, BFLOAT16),
}


def iterates(problem: Problem) -> FloatArray:
    """Three points, in numbers of the problem's dtype."""
    return np.stack([problem.V0, problem.V0 / 2, -2 * problem.V0])


def split(problem: Problem, V: FloatArray) -> dict[str, FloatArray]:
    d = problem.w0.shape[0]
    return {"w": V[:, :d], "b": V[:, d]}


def stacked(gradient: dict[str, Any]) -> FloatArray:
    return np.concatenate([gradient["w"], gradient["b"][:, None]], axis=1)


def bounds(gradient: dict[str, Any]) -> FloatArray:
    return stacked({name: enclosure.bound for name, enclosure in gradient.items()})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", BY_NAME)
@pytest.mark.parametrize("scale", [Fraction(1), Fraction(1, 2)])
def test_exact_of_least_squares_is_the_closed_form_bit_for_bit(name: str, dtype: str, scale: Fraction) -> None:
    problem = cast(name, dtype)
    V = iterates(problem)
    loss, gradient = evaluated(LEAST_SQUARES, Exact(), problem.data, split(problem, V), scale)
    exact = Truth(problem, CLAIMS[dtype], V)
    assert np.array_equal(stacked({k: g.to_floats() for k, g in gradient.items()}), float(scale) * exact.gradient)
    assert np.array_equal(loss.to_floats(), float(scale) * exact.loss)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("claim", CLAIMS)
def test_rounded_of_least_squares_is_the_closed_bound_but_for_what_that_estimates(name: str, claim: str) -> None:
    """Where they differ, to first order in u: the closed form takes `Σ |x r|` by Cauchy and Schwarz, from sums alone,
    and rounds every term of a residual three times, where y is rounded but once, and with the residual itself. It also
    counts a rounding of each product before it is summed where that is the accumulator's own, and takes the last two
    of six roundings, of a loss scale, from the terms instead of from what they come to.
    """
    arithmetic = CLAIMS[claim]
    problem = cast(name, arithmetic.storage.name)
    V, N, d, m = iterates(problem), *problem.x.shape, problem.y.shape[1]
    loss, gradient = evaluated(LEAST_SQUARES, Rounded(arithmetic), problem.data, split(problem, V))
    closed = Truth(problem, arithmetic, V)

    u, u_a, u_m = (arithmetic.storage.unit_roundoff, arithmetic.accumulate.unit_roundoff, arithmetic.narrowing)
    wider = arithmetic.storage != arithmetic.accumulate
    X, Y = np.hstack([problem.x, np.ones((N, 1), problem.x.dtype)]).astype(np.float64), problem.y.astype(np.float64)
    r = np.abs(X @ V - Y)
    line = np.abs(X) @ np.abs(V)  # |x||w| + |b|
    of_line = 2 * u_m + d * u_a + (2 + (wider and d > 1)) * u
    residual = of_line * line + u * r
    stores = np.full((d + 1, 1), 3 + (wider and N > 1))
    stores[d] = 3  # the intercept's gradient has no products
    terms = (2 * u_m + N * u_a + stores * u) * (np.abs(X).T @ r) + np.abs(X).T @ residual
    mine = 2 / (N * m) * terms + 2 * u * np.abs(closed.gradient)
    squares = r**2
    of_loss = (2 * u_m + N * m * u_a + (3 + wider) * u) * squares + 2 * r * residual
    mine_loss = of_loss.sum(axis=(1, 2)) / (N * m)

    # All that is left out is of second order, or underflow (of each residual, scaled, and
    # of each term), or what lifts a bound above float64's own roundings.
    S = np.abs(X).sum(axis=0)[:, None]
    lost = arithmetic.omega * (2 * N + 8 + S * (2 + 2 / (N * m) * (2 * d + 6)))
    second = 2 * (arithmetic.sigma(N) + arithmetic.tau(N * m) + arithmetic.rho(d)) + 8 * (inflation(N * m) - 1)
    assert (np.abs(bounds(gradient) - mine) <= second * mine + lost).all()
    assert loss.bound == pytest.approx(mine_loss + (residual**2).sum(axis=(1, 2)) / (N * m), rel=second)
    assert (bounds(gradient) <= closed.gradient_bound * (1 + 2.0**-40)).all()
    assert (loss.bound <= closed.loss_bound * (1 + 2.0**-40)).all()
    sizes = closed.sizes
    cauchy = (2 * u_m + N * u_a + 6 * u) * sizes.P
    theirs = 2 / (N * m) * (cauchy + (of_line + u) * sizes.Q)
    assert (np.abs(closed.gradient_bound - theirs) <= second * theirs + 3 * lost).all()


def test_a_bound_with_one_rounding_less_is_outside_the_first_order() -> None:
    """Else the comparison above would pass whatever it is given."""
    problem, coarse = cast("tails_rows_1", "bfloat16"), CLAIMS["bfloat16 throughout"]
    params = split(problem, iterates(problem))
    _, held = evaluated(LEAST_SQUARES, Rounded(coarse), problem.data, params)
    less = replace(coarse, storage=replace(BFLOAT16, precision=9))
    _, dropped = evaluated(LEAST_SQUARES, Rounded(less), problem.data, params)
    assert bounds(dropped) != pytest.approx(bounds(held), rel=2 * coarse.sigma(1))


class Twice(LinearLeastSquares):
    """`mean(((x w + b) w + b - y)²)`: what is used twice has two contributions."""

    def loss(self, tape: Tape, data: Mapping[str, Node], params: Mapping[str, Node], scale: Fraction) -> Node:
        inner = affine(tape, data["x"], params["w"], params["b"])
        return squared_error(tape, affine(tape, inner, params["w"], params["b"]), data["y"], scale / len(X))


X, Y = [[1.0], [2.0], [-0.5]], [[0.5], [1.0], [3.0]]


def test_a_parameter_used_twice_has_the_sum_of_its_derivatives() -> None:
    w, b = Fraction(3, 4), Fraction(-1, 8)
    _, gradient = evaluated(
        Twice(),
        Exact(),
        {"x": np.array(X), "y": np.array(Y)},
        {"w": [[float(w)]], "b": [float(b)]},
    )
    inner = [Fraction(x) * w + b for (x,) in X]
    r = [z * w + b - Fraction(y) for z, (y,) in zip(inner, Y, strict=True)]
    of_w = sum(2 * e * (z + w * Fraction(x)) for e, z, (x,) in zip(r, inner, X, strict=True)) / 3
    of_b = sum(2 * e * (1 + w) for e in r) / 3
    got = [gradient[name].to_floats().item() for name in ("w", "b")]
    assert got == [float(of_w), float(of_b)]


# Evaluations in NumPy, which share no code with the bounds.


def accumulated(terms: Any, order: Any, dtype: Any) -> Any:
    total = terms[order[0]].astype(dtype)
    for index in order[1:]:
        total = (total + terms[index].astype(dtype)).astype(dtype)
    return total


def numpy_gradient(problem: Problem, V: FloatArray, arithmetic: Arithmetic, draw: np.random.Generator) -> Any:
    """Residuals, scaled before or after, dotted in a random order, products stored or not."""
    s, a = arithmetic.storage.dtype, arithmetic.accumulate.dtype
    N, d = problem.x.shape
    w, b = V[:d].astype(s), V[d].astype(s)
    products = (problem.x[:, :, None].astype(a) * w.astype(a)).astype(s if draw.random() < 0.5 else a)
    dots = accumulated(products.swapaxes(0, 1), draw.permutation(d), a)
    r = ((dots.astype(s) + b).astype(s) - problem.y).astype(s)
    c = np.asarray(2 / problem.y.size).astype(s)
    X = np.concatenate([problem.x, np.ones((N, 1), s)], axis=1)
    first = draw.random() < 0.5
    scaled = (c * r).astype(s) if first else r
    terms = (X[:, :, None].astype(a) * scaled[:, None, :].astype(a)).astype(s if draw.random() < 0.5 else a)
    total = accumulated(terms, draw.permutation(N), a).astype(s)
    return (total if first else (c * total).astype(s)).astype(np.float64)


def ratio(problem: Problem, V: FloatArray, got: FloatArray, arithmetic: Arithmetic) -> float:
    """The largest error over its bound."""
    error = np.abs(Truth(problem, arithmetic, V[None]).evaluation.gradient_error(got[None]))
    _, gradient = evaluated(LEAST_SQUARES, Rounded(arithmetic), problem.data, split(problem, V[None]))
    return float((error / bounds(gradient)).max())


ATTACKED = [
    (name, claim)
    for name in ("targets", "tails_rows_17", "tails_params_5", "tiny_float16", "stackoverflow")
    for claim in CLAIMS
    if claim != "tf32"
]


@pytest.mark.parametrize(("name", "claim"), ATTACKED)
def test_rounded_holds_numpy_in_any_order_of_summation(name: str, claim: str) -> None:
    arithmetic, draw = CLAIMS[claim], np.random.default_rng(0)
    problem = cast(name, arithmetic.storage.name)
    V = problem.V0
    ratios = [ratio(problem, V, numpy_gradient(problem, V, arithmetic, draw), arithmetic) for _ in range(10)]
    assert max(ratios) <= 1


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim != "tf32"])
def test_rounded_refuses_numpy_with_a_row_dropped(claim: str) -> None:
    arithmetic = CLAIMS[claim]
    problem = cast("tails_rows_3", arithmetic.storage.name)
    short = problem.replace(x=problem.x[:-1], y=problem.y[:-1])
    got = numpy_gradient(short, problem.V0, arithmetic, np.random.default_rng(0))
    assert not ratio(problem, problem.V0, got, arithmetic) <= 1


def test_exact_is_the_second_truth() -> None:
    problem = cast("tails_params_3", "float32")
    truth = FractionTruth(fractions(problem.x.astype(float).tolist()), fractions(problem.y.astype(float).tolist()))
    _, gradient = evaluated(LEAST_SQUARES, Exact(), problem.data, problem.start)
    exact = [row[0] for row in truth.gradient(fractions(problem.V0.tolist()))]
    got = [*gradient["w"].to_floats().ravel(), *gradient["b"].to_floats().ravel()]
    assert got == [float(e) for e in exact]
