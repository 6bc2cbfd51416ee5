"""The evaluator that attacks the bounds: its roundings, its sums and its exact numbers, against rationals."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from tools.attack import exact, orders
from tools.attack.data import Data
from tools.attack.machine import DTYPES, Machine, fma, nearest, once
from tools.attack.samples import NUMBERS, Draw, draw_sample, together

ORDERS = (
    orders.in_turn,
    orders.backwards,
    orders.smallest_first,
    orders.largest_first,
    orders.in_pairs,
    orders.in_lanes,
    orders.in_blocks,
    orders.compensated,
)
each_dtype = pytest.mark.parametrize("dtype", DTYPES)


def numbers(dtype: str, count: int = 60) -> Any:
    draw = Draw(5)
    drawn = [family(draw, (count,), DTYPES[dtype]).astype(DTYPES[dtype]) for family in NUMBERS]
    return np.concatenate(drawn)


def rational(value: Any) -> Fraction:
    return Fraction(float(value))


@each_dtype
@pytest.mark.parametrize("operation", ["add", "multiply", "divide"])
def test_each_operation_rounds_once(dtype: str, operation: str) -> None:
    a, b = numbers(dtype), numbers(dtype)[::-1]
    b = np.where(b == 0, np.ones_like(b), b)
    with np.errstate(all="ignore"):
        got = getattr(np, operation)(a, b)
    exact_of = {"add": Fraction.__add__, "multiply": Fraction.__mul__, "divide": Fraction.__truediv__}
    for x, y, result in zip(a, b, got, strict=True):
        exactly = exact_of[operation](rational(x), rational(y))
        if abs(exactly) < 2**1000:
            assert result == nearest(exactly, dtype)


@each_dtype
def test_fma_rounds_once(dtype: str) -> None:
    a, b, c = numbers(dtype), numbers(dtype)[::-1], np.roll(numbers(dtype), 7)
    for x, y, z, got in zip(a, b, c, fma(a, b, c, DTYPES[dtype]), strict=True):
        assert got == nearest(rational(x) * rational(y) + rational(z), dtype)


def test_fma_by_two_roundings_would_be_seen() -> None:
    """1 + 2^-8 is a tie in bfloat16; the product's tail of 2^-80 decides it, and float64 has lost that."""
    a, b, c = (np.array([v], DTYPES["bfloat16"]) for v in (2.0**-40, 2.0**-40, 1.0))
    tie = np.array([1 + 2.0**-8])
    assert once(tie, np.array([2.0**-80]), DTYPES["bfloat16"])[0] == 1 + 2.0**-7
    assert once(tie, np.zeros(1), DTYPES["bfloat16"])[0] == 1
    assert fma(a, b, c, DTYPES["bfloat16"])[0] == 1


@each_dtype
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.__name__)
def test_every_term_is_summed_once(dtype: str, order: orders.Order) -> None:
    """Signed powers of two whose sums all fit 8 bits, in lengths around those of lanes and blocks."""
    for rows in (1, 2, 7, 8, 9, 127, 129):
        terms = np.zeros((rows, 2), DTYPES[dtype])
        terms[-1], terms[0] = 64, 3
        assert order(terms).tolist() == [67 if rows > 1 else 3] * 2


def test_compensated_sum_keeps_what_sums_in_turn_lose() -> None:
    terms = np.array([1.0] + [2.0**-9] * 64, DTYPES["bfloat16"])[:, None]
    assert orders.in_turn(terms)[0] == 1
    assert orders.compensated(terms)[0] == 1.125


def data(dtype: str) -> Data:
    draw = Draw(11)
    return together([draw_sample(draw, DTYPES[dtype], 5, 2, 2, 3) for _ in range(12)])


@each_dtype
def test_exact_errors_are_those_of_rationals(dtype: str) -> None:
    a = data(dtype)
    truth = exact.Exact(a)
    rows, samples, _, d = a.x.shape
    reported = np.full(a.V.shape, 0.75, DTYPES[dtype])
    ones = np.ones(a.V.shape)
    gradients = truth.gradient_ratio(reported, ones)
    losses = truth.loss_ratio(reported[..., 0, 0], ones[..., 0, 0])
    updates = truth.update_ratio(reported, reported, ones)
    for s, k in np.ndindex(samples, 3):
        V = [[rational(v) for v in row] for row in a.V[s, k]]
        X = [[*(rational(v) for v in a.x[i, s, 0]), Fraction(1)] for i in range(rows)]
        r = [
            [
                sum((X[i][j] * V[j][t] for j in range(d + 1)), Fraction(0)) - rational(a.y[i, s, 0, t])
                for t in range(a.m)
            ]
            for i in range(rows)
        ]
        loss = sum((e * e for row in r for e in row), Fraction(0)) / a.count
        assert losses[s, k] == float(abs(Fraction(3, 4) - loss))
        for j, t in np.ndindex(d + 1, a.m):
            gradient = 2 * sum((X[i][j] * r[i][t] for i in range(rows)), Fraction(0)) / a.count
            assert gradients[s, k, j, t] == float(abs(Fraction(3, 4) - gradient))
            moved = V[j][t] - Fraction(float(a.lr[s])) * Fraction(3, 4)
            assert updates[s, k, j, t] == float(abs(Fraction(3, 4) - moved))


@each_dtype
def test_ratio_is_over_the_bound_and_infinite_for_what_is_not_finite(dtype: str) -> None:
    a = data(dtype)
    truth, reported = exact.Exact(a), np.full(a.V.shape, np.nan, DTYPES[dtype])
    assert (truth.gradient_ratio(reported, np.ones(a.V.shape)) == np.inf).all()
    reported = np.full(a.V.shape, 0.5, DTYPES[dtype])
    whole, halved = (truth.gradient_ratio(reported, np.full(a.V.shape, bound)) for bound in (1.0, 2.0))
    assert (whole == 2 * halved).all()
    assert (truth.gradient_ratio(reported, np.full(a.V.shape, np.inf)) == 0).all()


def test_the_machine_stores_sums_in_storage_and_takes_them_in_the_accumulator() -> None:
    terms = np.array([256.0, 1.0, 1.0], DTYPES["bfloat16"])[:, None]
    assert Machine("bfloat16", "float32").sum(terms)[0] == 258
    assert Machine("bfloat16", "bfloat16").sum(terms)[0] == 256
