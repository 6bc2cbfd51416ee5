"""The float64 bounds are their formulas in fractions, and a little above them."""

from __future__ import annotations

import dataclasses
import itertools
import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import ml_dtypes
import numpy as np
import pytest

from reference import synthetic
from reference.arithmetic import Arithmetic, Blocks, growth
from reference.dyadic import FloatArray
from reference.evaluate import Evaluation
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, TF32, Format
from reference.inflation import inflation
from reference.least_squares import LeastSquares
from reference.problem import regression
from reference.rounding import gradient_bound, loss_bound, run_bound, update_bound
from reference.scales import Scales, scales
from reference.truth import Truth
from tests.support.exact_bounds import (
    CASES,
    CLAIMS,
    Case,
    exact_gradient_bound,
    exact_loss_bound,
    iota,
    power,
    root,
)
from tests.support.fraction_truth import combine, fractions, product, transpose

pytestmark = pytest.mark.sweep

CELLS = pytest.mark.parametrize("case", CASES)
UNDER = pytest.mark.parametrize("claim", CLAIMS)


def slack(case: Case) -> Fraction:
    """How far above its formula a bound may come out.

    A size and the bound made of it are each lifted by `inflation(p m)` and rounded as often as that allows for, a size
    goes into a product of two, and the sums behind it are themselves bounds of relative width `3 (N + 2) u`.
    """
    lifted = Fraction(inflation(len(case.V) * len(case.V[0]))) ** 8
    return lifted * power(FLOAT64, 6 * (len(case.x) + 2))


def between(bound: float | Fraction, exact: Fraction, widest: Fraction) -> bool:
    """Whether a bound is above its formula and by no more than its slack, 16 subnormal roundings aside."""
    return exact <= Fraction(bound) <= exact * widest + 16 * Fraction(2) ** -1074


@UNDER
@CELLS
def test_gradient_bound_is_its_formula(claim: str, case: str) -> None:
    got = gradient_bound(CLAIMS[claim], CASES[case].exact, CASES[case].sizes)[0]
    exact = exact_gradient_bound(CLAIMS[claim], CASES[case])
    assert all(
        between(g, e, slack(CASES[case]))
        for gs, es in zip(got.tolist(), exact, strict=True)
        for g, e in zip(gs, es, strict=True)
    ), f"bound {got.tolist()}, formula {[[float(e) for e in row] for row in exact]}"


@UNDER
@pytest.mark.parametrize("direction", [-2, 2])
def test_bound_off_by_its_slack_is_noticed(claim: str, direction: int) -> None:
    case = CASES["line"]
    got = Fraction(float(gradient_bound(CLAIMS[claim], case.exact, case.sizes)[0, 0, 0]))
    exact = exact_gradient_bound(CLAIMS[claim], case)[0][0]
    assert not between(got * slack(case) ** direction, exact, slack(case))


@UNDER
@CELLS
def test_loss_bound_is_its_formula(claim: str, case: str) -> None:
    got = float(loss_bound(CLAIMS[claim], CASES[case].exact, CASES[case].sizes)[0])
    exact = exact_loss_bound(CLAIMS[claim], CASES[case])
    assert between(got, exact, slack(CASES[case])), f"bound {got}, formula {float(exact)}"


@UNDER
@pytest.mark.parametrize("lr", [0.0, 1e-310, 0.01, 3.0])
def test_update_bound_is_its_formula(claim: str, lr: float) -> None:
    made, u, w = CLAIMS[claim], Fraction(CLAIMS[claim].storage.unit_roundoff), Fraction(CLAIMS[claim].omega)
    gradient, after = -0.7, 1.3
    inaccurate = w if 0 < lr < made.storage.smallest_normal else 0
    exact = u * Fraction(after) + ((1 + u) ** 2 - 1) * abs(Fraction(lr) * Fraction(gradient)) + w
    exact += iota(made) * (2 + (1 + u) ** 2 * Fraction(lr))
    exact += inaccurate * abs(Fraction(gradient))
    got = update_bound(made, lr, np.array([gradient]), np.array([after]))
    assert between(float(got[0]), exact, Fraction(inflation()) ** 2)


FUSED = [("float64", FLOAT64), ("float32", FLOAT32), ("bfloat16", BFLOAT16), ("float16", FLOAT16)]


def folded(lr: float, total: float, count: int, form: Format) -> tuple[float, float]:
    """A gradient `fl(fl(2/N) S)`, and the step `fl(fl(fl(2 lr)/N) S)` that a loop makes of the same sum instead."""
    number: Any = form.dtype.type
    gradient = number(number(2 / count) * number(total))
    step = number(number(number(2 * lr) / number(count)) * number(total))
    return float(gradient), float(step)


@pytest.mark.parametrize(("name", "form"), FUSED)
def test_an_update_folded_into_the_mean_is_within_the_claim_that_says_so(name: str, form: Format) -> None:
    """Steps of which the parameter is but the difference: at V = step, V⁺ is 0 and rounds nothing."""
    plain, fused = CLAIMS[name], dataclasses.replace(CLAIMS[name], fused_update=True)
    outside = []
    for count, k in itertools.product((3, 97, 1000), range(1, 200)):
        lr, total = float(form.dtype.type(0.001 * k)), float(form.dtype.type(1 + k / 7))
        gradient, step = folded(lr, total, count, form)
        error, after = abs(Fraction(step) - Fraction(lr) * Fraction(gradient)), np.array([0.0])
        bounds = [float(update_bound(claim, lr, np.array([gradient]), after, count)[0]) for claim in (plain, fused)]
        assert error <= bounds[1]
        outside.append(not (error <= bounds[0]))
    assert any(outside), "else the claim would not be needed"


def test_a_constant_that_is_subnormal_in_float16_is_accurate_to_omega_alone() -> None:
    """`2 lr/N = 4.9e-7` keeps four bits; the gradient, of 2/N and S, keeps eleven."""
    gradient, step = folded(0.001, 2000.0, 4096, FLOAT16)
    error, after = abs(Fraction(step) - Fraction(0.001) * Fraction(gradient)), np.array([0.0])
    claim = dataclasses.replace(CLAIMS["float16"], fused_update=True)
    assert error <= update_bound(claim, 0.001, np.array([gradient]), after, 4096)[0]
    assert not (error <= update_bound(claim, 0.001, np.array([gradient]), after)[0])


def test_nothing_is_known_of_a_step_whose_mean_has_no_digits_left() -> None:
    claim = dataclasses.replace(CLAIMS["float16"], fused_update=True)
    assert np.isposinf(update_bound(claim, 0.1, np.array([1.0]), np.array([1.0]), 2**26)).all()
    assert np.isfinite(update_bound(CLAIMS["float16"], 0.1, np.array([1.0]), np.array([1.0]), 2**26)).all()


@UNDER
@CELLS
def test_run_bound_is_its_formula(claim: str, case: str) -> None:
    made, given = CLAIMS[claim], CASES[case]
    lr = 0.1 / float(given.exact.hessian().diagonal().max())
    exact_problem, u, w = given.exact, Fraction(CLAIMS[claim].storage.unit_roundoff), Fraction(CLAIMS[claim].omega)
    V = np.array([given.V, given.V, given.V])
    gradient = Evaluation(exact_problem, V[:2]).gradient()
    bound = gradient_bound(
        made, exact_problem, scales(exact_problem, V[:2], Evaluation(exact_problem, V[:2]).residual_squares())
    )
    got = run_bound(made, exact_problem, lr, gradient, bound, V)
    factor, rate = Fraction(exact_problem.contraction(lr)), Fraction(lr)
    relative = (1 + u) ** 2 - 1 + (w / rate if lr < made.storage.smallest_normal else 0)
    lost = w + iota(made) * (2 + (1 + u) ** 2 * rate)
    expected = []
    for t in range(V.shape[2]):
        error = Fraction(0)
        for k in range(2):
            local = [
                u * abs(Fraction(v)) + rate * ((1 + relative) * Fraction(B) + relative * abs(Fraction(g))) + lost
                for v, B, g in zip(
                    V[k + 1, :, t].tolist(), bound[k, :, t].tolist(), gradient[k, :, t].tolist(), strict=True
                )
            ]
            error = factor * error + root(sum((v * v for v in local), Fraction(0)))
        expected.append(error)
    assert all(between(g, e, slack(given)) for g, e in zip(got.tolist(), expected, strict=True))


@pytest.mark.parametrize("n", [1, 10**3, 10**5, 10**7, 3 * 10**7])
def test_growth_is_never_below_its_power_however_large_that_is(n: int) -> None:
    """To within the largest float, and so with exponents whose own error is far above u."""
    u = BFLOAT16.unit_roundoff * 2.0**-8
    with flint.ctx.workprec(4000):
        exact = (1 + flint.arb(u)) ** n - 1
        assert flint.arb(growth((u, n))) >= exact


@pytest.mark.parametrize("terms", [1, 6, 300])
def test_upward_outweighs_its_roundings(terms: int) -> None:
    assert Fraction(inflation(terms)) >= power(FLOAT64, 64 + 2 * terms)


@CELLS
def test_peak_bounds_every_intermediate_result(case: str) -> None:
    given = CASES[case]
    truth, V = given.truth, fractions(given.V)
    products = [abs(a * v[t]) for row in truth.X for t in range(len(V[0])) for a, v in zip(row, V, strict=True)]
    residuals = [abs(r) for row in truth.residuals(V) for r in row]
    dots = [
        sum((abs(row[j] * r[t]) for row, r in zip(truth.X, truth.residuals(V), strict=True)), Fraction(0))
        for j in range(len(V))
        for t in range(len(V[0]))
    ]
    peak = Fraction(float(given.sizes.peak[0]))
    assert max(*products, *residuals, *dots, sum(truth.residual_squares(V), Fraction(0))) <= peak


@CELLS
def test_stored_bounds_every_result_that_is_no_sum_over_the_rows(case: str) -> None:
    """And the two that are, as means: the loss and the gradient."""
    given = CASES[case]
    truth, V = given.truth, fractions(given.V)
    rows = list(zip(truth.X, truth.residuals(V), strict=True))
    products = [abs(a * v[t]) for row in truth.X for t in range(len(V[0])) for a, v in zip(row, V, strict=True)]
    residuals = [abs(r) for _, row in rows for r in row]
    slopes = [2 * abs(a * r) for row, residual in rows for a in row for r in residual]
    gradient = [abs(g) for row in truth.gradient(V) for g in row]
    problem = regression(
        "case", np.array(given.x), np.array(given.y), np.array(given.V[:-1]), np.array(given.V[-1]), 0.1, 1
    )
    stored = Fraction(float(Truth(problem, CLAIMS["float64"], problem.V0[None]).sizes.stored[0]))
    assert max(*products, *residuals, *(r * r for r in residuals), *slopes, *gradient, truth.loss(V)) <= stored


def test_what_is_stored_does_not_grow_with_the_rows() -> None:
    few, many = (Truth(p, CLAIMS["float64"], p.V0[None]).sizes for p in map(synthetic.dense_lattice, (4096, 2**16)))
    assert few.stored[0] == many.stored[0]
    assert 10 * few.peak[0] < many.peak[0]


@CELLS
def test_without_the_largest_entries_what_is_stored_is_taken_for_as_large_as_anything(case: str) -> None:
    sizes = CASES[case].sizes
    assert np.array_equal(sizes.stored, sizes.peak)


@CELLS
def test_peak_through_gram_bounds_every_intermediate_result(case: str) -> None:
    """Entries of |X|ᵀ|X| and |X|ᵀ|Y|, their products with the parameters, and the terms of the loss."""
    given = CASES[case]
    truth, V = given.truth, [[abs(v) for v in row] for row in fractions(given.V)]
    X, Y = ([[abs(v) for v in row] for row in rows] for rows in (truth.X, truth.y))
    G, C, squares = product(transpose(X), X), product(transpose(X), Y), product(transpose(Y), Y)
    Q = combine(operator.add, product(G, V), C)
    terms = combine(operator.mul, V, combine(operator.add, Q, C))
    loss = sum((v for row in terms for v in row), Fraction(0)) + sum(squares[t][t] for t in range(len(squares)))
    peak = Fraction(float(given.sizes.peak_through_gram[0]))
    assert max(*(v for M in (G, C, Q, [[2 * v for v in row] for row in C]) for row in M for v in row), loss) <= peak


# Formats and claims.


def test_narrow_multipliers_count_only_where_storage_is_wider() -> None:
    assert Arithmetic(FLOAT32, FLOAT32, TF32).rho(1) > Arithmetic(FLOAT32, FLOAT32).rho(1)
    assert Arithmetic(BFLOAT16, FLOAT32, TF32).rho(1) == Arithmetic(BFLOAT16, FLOAT32).rho(1)
    assert Arithmetic(FLOAT16, FLOAT32, TF32).sigma(9) == Arithmetic(FLOAT16, FLOAT32).sigma(9)
    # As many bits as float16 has, but not its range: bfloat16 products would round float16 inputs.
    assert Arithmetic(FLOAT16, FLOAT32, BFLOAT16).rho(1) > Arithmetic(FLOAT16, FLOAT32).rho(1)


@UNDER
def test_omega_is_not_below_its_formula(claim: str) -> None:
    made = CLAIMS[claim]
    exact = [
        Fraction(f.smallest_normal) * (1 if made.flushes else Fraction(f.unit_roundoff))
        for f in (made.storage, made.accumulate)
    ]
    assert Fraction(made.omega) >= max(exact)


# What a claim of a sum is worth, as one without it: a product in three pieces is four terms of its sum, since they add
# up to more than the product by 2⁻⁷ of it at most.
PLAIN, BRAIN = Arithmetic(FLOAT32, FLOAT32), Arithmetic(BFLOAT16, FLOAT32)
WORTH = [
    (dataclasses.replace(PLAIN, height=10), 1000, PLAIN, 10),
    (dataclasses.replace(PLAIN, height=10), 3, PLAIN, 3),
    (dataclasses.replace(PLAIN, pieces=3), 100, PLAIN, 400),
    (dataclasses.replace(BRAIN, partial_sums_from=100), 99, BRAIN, 99),
    (dataclasses.replace(BRAIN, partial_sums_from=100), 100, dataclasses.replace(BRAIN, extra_roundings=1), 100),
]


@pytest.mark.parametrize(("claimed", "terms", "plain", "worth"), WORTH)
def test_sigma_and_tau_of_a_claim_are_those_of_a_plain_sum(
    claimed: Arithmetic, terms: int, plain: Arithmetic, worth: int
) -> None:
    assert (claimed.sigma(terms), claimed.tau(terms)) == (plain.sigma(worth), plain.tau(worth))


def test_rho_of_products_taken_apart_is_that_of_four_times_the_features() -> None:
    assert dataclasses.replace(PLAIN, pieces=3).rho(5) == PLAIN.rho(20)


@pytest.mark.parametrize("terms", [1, 7, 8, 100])
def test_a_matrix_unit_errs_once_a_block_and_never_less_than_one_by_one(terms: int) -> None:
    blocks = Blocks(terms=8, bits=24)
    error = Fraction(9, 2**24) + Fraction(1, 2**23)
    plain, unit = Arithmetic(FLOAT16, FLOAT32), Arithmetic(FLOAT16, FLOAT32, blocks=blocks)
    whole = (1 + error) ** -(-terms // 8)
    assert Fraction(unit.sigma(terms)) >= whole * power(FLOAT16, 6) - 1
    assert unit.sigma(terms) >= plain.sigma(terms)


def test_omega_is_the_larger_of_storages_and_the_accumulators_where_either_flushes_or_not() -> None:
    """FP8 accumulators underflow long before float32 does, and float16 results long before float32 sums."""
    small = Format("small", precision=20, emin=-6, emax=8)
    assert Arithmetic(FLOAT32, small).omega == 2.0**-26
    assert Arithmetic(FLOAT32, small, flushes=True).omega == 2.0**-6
    # bfloat16 loses more by rounding, float32's sibling of a larger λ more by flushing.
    late = Format("late", precision=24, emin=-120, emax=127)
    assert Arithmetic(BFLOAT16, late).omega == BFLOAT16.smallest_normal * BFLOAT16.unit_roundoff
    assert Arithmetic(BFLOAT16, late, flushes=True).omega == 2.0**-120


BOUNDS: dict[str, Callable[[Arithmetic, LeastSquares, Scales], FloatArray]] = {
    "gradient": gradient_bound,
    "loss": loss_bound,
}


@pytest.mark.parametrize("bound", BOUNDS)
def test_bound_is_infinite_where_the_growth_overflows(bound: str) -> None:
    claim, case = Arithmetic(BFLOAT16, BFLOAT16, extra_roundings=200_000), CASES["line"]
    assert claim.sigma(5) == claim.tau(5) == math.inf
    assert np.isposinf(BOUNDS[bound](claim, case.exact, case.sizes)).all()


@pytest.mark.parametrize("bound", BOUNDS)
def test_bound_is_infinite_where_its_sums_overflow(bound: str) -> None:
    """And never NaN, which a zero parameter would make of an infinite sum."""
    case = Case([[1e200], [1e200]], [[1e200], [1.0]], [[0.0], [0.0]])
    got = BOUNDS[bound](CLAIMS["float64"], case.exact, case.sizes)
    assert not np.isnan(got).any()
    assert np.isposinf(got.ravel()[0])


def test_run_bound_of_diverging_steps_is_infinite() -> None:
    case = CASES["line"]
    V = np.full((3, 2, 1), 1e308)
    huge = np.full((2, 2, 1), 1e308)
    assert np.isposinf(run_bound(CLAIMS["float64"], case.exact, 10.0, huge, huge, V)).all()


# Evaluations that need a term: within the bound, and outside without it.


def test_gradient_bound_without_the_residual_s_own_error_does_not_hold_bfloat16() -> None:
    """It loses the whole residual `x w - y = 2**-14` of `x = w = 1 + 2**-7`, `y = 1 + 2**-6`."""
    number = BFLOAT16.dtype.type
    x = w = number(1 + 2.0**-7)
    y = number(1 + 2.0**-6)
    computed = float((x * w - y) * x * number(2))  # type: ignore[operator]
    case, claim = Case([[float(x)]], [[float(y)]], [[float(w)], [0.0]]), CLAIMS["bfloat16_throughout"]
    error = abs(Fraction(computed) - case.truth.gradient(fractions(case.V))[0][0])
    without = dataclasses.replace(case.sizes, Q=0 * case.sizes.Q)
    assert computed == 0
    assert error <= gradient_bound(claim, case.exact, case.sizes)[0, 0, 0]
    assert not (error <= gradient_bound(claim, case.exact, without)[0, 0, 0])


def test_gradient_bound_without_the_sum_s_own_error_does_not_hold_bfloat16() -> None:
    """512 residuals of 1: one by one they add up to 256, beside which another 1 is lost."""
    case, claim = Case([[1.0]] * 512, [[-1.0]] * 512, [[0.0], [0.0]]), CLAIMS["bfloat16_throughout"]
    number: Any = BFLOAT16.dtype.type
    total = number(0)
    for _ in range(512):
        total = number(total + number(1))
    error = abs(Fraction(2, 512) * Fraction(float(total)) - case.truth.gradient(fractions(case.V))[0][0])
    without = dataclasses.replace(claim, height=1)
    assert error <= gradient_bound(claim, case.exact, case.sizes)[0, 0, 0]
    assert not (error <= gradient_bound(without, case.exact, case.sizes)[0, 0, 0])


def test_an_update_lost_to_rounding_is_within_the_bound_and_needs_its_first_term() -> None:
    """`1 - 2**-9` is 1 again in bfloat16 (a tie, to even): the error is the whole step."""
    claim, gradient, lr = CLAIMS["bfloat16"], np.array([1.0]), 2.0**-9
    after = float(ml_dtypes.bfloat16(1) - ml_dtypes.bfloat16(lr))
    error = abs(after - (1 - lr))
    assert after == 1
    assert error <= update_bound(claim, lr, gradient, np.array([after]))[0]
    assert not (error <= update_bound(claim, lr, gradient, np.array([0.0]))[0])
