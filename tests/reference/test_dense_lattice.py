"""The dense lattice: at any number of rows, one that is dropped or taken twice shows, in every dtype that holds it."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import pytest

from gradagree.checking.run import Run
from gradagree.checking.verdict import Verdict
from gradagree.diagnosis.compare import compare
from gradagree.diagnosis.enclosure import Enclosure
from gradagree.matrix import registry
from gradagree.matrix.rules import excluded
from gradagree.runtime.frameworks import installed
from reference import problems, synthetic
from reference.arithmetic import Arithmetic
from reference.numbers import hashed
from reference.problem import Problem
from reference.problems import DENSE_LATTICES, cast
from reference.truth import Truth
from tests.support.judging import recorded

ROWS = (64, 4096, 2**16, 2**20)
DTYPES = ("float64", "float32", "bfloat16")
PLACES = (0, 1, 0.37, 0.5, -1)  # of a row, as a part of them all where it is no whole number
SHAPES = [(64, 1, 1), (4096, 2, 2), (2**16, 16, 16), (2**20, 1, 1)]

Array = Any
Total = Callable[[Array], Array]


@functools.cache
def lattice(rows: int, dtype: str) -> Problem:
    return synthetic.dense_lattice(rows).cast(dtype)


def claim_of(implementation: str, dtype: str) -> Arithmetic:
    entry = next(entry for entry in registry.first_order() if entry.name == implementation)
    return entry.arithmetic("cpu", dtype)


def verdict(run: Callable[..., Any], problem: Problem) -> Verdict:
    """Under the claim of a loop that sums in float32 (or float64), and stores what the sums come to and no more."""
    return compare(Run(recorded(run, problem), problem, claim_of("numpy_einsum", problem.x.dtype.name))).verdict


# Its data.


@pytest.mark.parametrize(("rows", "d", "m"), SHAPES)
def test_its_numbers_are_small_and_its_sums_are_smaller(rows: int, d: int, m: int) -> None:
    problem = synthetic.dense_lattice(rows, d, m)
    residual = problem.x @ problem.w0 + problem.b0 - problem.y
    assert set(np.unique(problem.x)) == {1, 2, 3}
    assert set(np.unique(residual)) == {-2, -1, 1, 2}
    sums, counts = np.abs(problem.x.T @ residual), np.abs(residual.sum(axis=0))
    assert (sums[0, 0], counts[0]) == (5, 3)
    assert (sums >= 1).all()
    assert (sums <= 8).all()
    assert (counts == 3).all()
    assert (np.abs(problem.x).T @ np.abs(residual)).max() <= 2**24


@pytest.mark.parametrize("rows", ROWS)
def test_parts_of_the_rows_do_not_cancel_in_themselves(rows: int) -> None:
    """Else code that drops a shard, a lane or a tile would not show: none of up to 16, and few of the small ones."""
    problem = synthetic.dense_lattice(rows)
    residual = problem.x @ problem.w0 + problem.b0 - problem.y
    terms = np.hstack([residual, problem.x * residual])
    for count in (2**k for k in range(1, rows.bit_length() - 4)):
        for parts in (terms.reshape(count, -1, 2), terms.reshape(-1, count, 2).swapaxes(0, 1)):
            cancels = ~parts.sum(axis=1).any(axis=1)
            assert cancels.sum() <= (0 if count <= 16 else 1 + count / 100), count


@pytest.mark.parametrize("name", DENSE_LATTICES)
@pytest.mark.parametrize("dtype", [*DTYPES, "float16"])
def test_every_dtype_holds_its_numbers(name: str, dtype: str) -> None:
    exact, held = problems.load(name), cast(name, dtype)
    for quantity in ("x", "y", "w0", "b0"):
        assert np.array_equal(getattr(exact, quantity), getattr(held, quantity).astype(np.float64))


@pytest.mark.parametrize("name", DENSE_LATTICES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_its_first_gradient_is_prescribed_to_the_bit(name: str, dtype: str) -> None:
    problem = cast(name, dtype)
    assert (Truth(problem, claim_of("numpy_einsum", dtype), problem.V0[None]).gradient_bound == 0).all()


@pytest.mark.parametrize(
    ("implementation", "dtype", "name", "reason"),
    [
        ("torch_manual", "float16", "dense_lattice_32768", None),
        # 2/N is subnormal in float16, so that a scaled residual may be flushed; and the general bound is too wide.
        ("torch_manual", "float16", "dense_lattice_million", "its bounds are wider than its gradients: 1048576 rows"),
        # Sums of squares, XᵀX, have more than 8 bits where they are stored …
        ("numpy_gram", "bfloat16", "dense_lattice_64", "its bounds are wider than its gradients: 64 rows"),
        # … and so have the partial sums of b's gradient, one a thread.
        ("torch_manual", "bfloat16", "dense_lattice_32768", None),
        ("torch_manual", "bfloat16", "dense_lattice_million", "its bounds are wider than its gradients: 1048576 rows"),
        ("jax_grad", "bfloat16", "dense_lattice_64", None),
        ("jax_grad", "bfloat16", "dense_lattice_4096", "its bounds are wider than its gradients: 4096 rows in bfloat"),
        ("numpy_analytic", "float16", "dense_lattice_32768", "leave the range of float16"),
        ("numpy_einsum", "float16", "dense_lattice_32768", "leave the range of float16"),
    ],
)
def test_it_is_a_cell_where_it_can_tell(implementation: str, dtype: str, name: str, reason: str | None) -> None:
    entry = next(entry for entry in registry.first_order() if entry.name == implementation)
    found = excluded(entry, "cpu", dtype, name)
    assert found is None if reason is None else reason in (found or "")


# Evaluations of it: correct ones, in any order of summation, and some that are not.


def one_after_the_other(terms: Array) -> Array:
    return np.cumsum(terms, axis=0)[-1]


def by_halves(terms: Array) -> Array:
    while len(terms) > 1:
        terms = terms[: len(terms) // 2] + terms[len(terms) // 2 :]
    return terms[0]


def in_lanes(terms: Array) -> Array:
    return by_halves(one_after_the_other(terms.reshape(-1, 8, *terms.shape[1:])))


def shuffled(terms: Array) -> Array:
    return one_after_the_other(terms[np.argsort(hashed(len(terms), 1, seed=99, bits=53)[:, 0])])


def positive_first(terms: Array) -> Array:
    """The worst order there is: partial sums grow as far as they can."""
    return one_after_the_other(-np.sort(-terms, axis=0))


ORDERS: tuple[Total, ...] = (
    one_after_the_other, lambda terms: one_after_the_other(terms[::-1]), by_halves, in_lanes, shuffled, positive_first,
)  # fmt: skip


def loop(total: Total = by_halves, weights: Array = 1.0, factor: float = 1.0) -> Callable[..., Any]:
    """A gradient summed in float32 or wider, each row so many times, and the whole of it times a factor."""

    def descend(x: Array, y: Array, w: Array, b: Array, lr: float, steps: int) -> Generator[Any, None, Any]:
        dtype, wide = x.dtype, np.result_type(x.dtype, np.float32)

        def summed(terms: Array) -> Array:
            return (total((terms.astype(wide) * weights).astype(wide)) * wide.type(factor)).astype(dtype)

        for _ in range(steps):
            residual = x @ w + b - y
            scaled = (residual * (2 / y.size)).astype(dtype)
            gradients = summed(x * scaled)[:, None], summed(scaled)
            yield w, b, *gradients
            w, b = ((p - lr * g).astype(dtype) for p, g in zip((w, b), gradients, strict=True))
        return w, b

    return descend


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_correct_evaluation_agrees_in_any_order_of_summation(rows: int, dtype: str) -> None:
    found = [verdict(loop(total), lattice(rows, dtype)) for total in ORDERS]
    assert found == [Verdict.AGREES] * len(ORDERS)


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("times", [0, 2], ids=["dropped", "doubled"])
def test_one_row_that_is_dropped_or_doubled_is_caught(rows: int, dtype: str, times: int) -> None:
    for place in PLACES:
        weights = np.ones((rows, 1))
        weights[place if isinstance(place, int) else int(place * rows)] = times
        assert verdict(loop(weights=weights), lattice(rows, dtype)) is Verdict.DISAGREES, place


def test_what_so_many_roundings_in_eight_bits_leave_is_infinite_and_no_failure_of_the_diagnosis() -> None:
    numbers = Enclosure.exact(np.array([[[1.0], [0.0]]])).rounded(2.0**-8, 2**20)
    assert np.isposinf(numbers.bound).all()


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_factor_in_the_last_bits_is_caught(rows: int, dtype: str) -> None:
    assert verdict(loop(factor=1 + 2.0**-20), lattice(rows, dtype)) is Verdict.DISAGREES


@pytest.mark.parametrize("rows", [4096, 2**20])
def test_partial_sums_stored_in_sixteen_bits_are_caught(rows: int) -> None:
    def stored(terms: Array) -> Array:
        halves = [one_after_the_other(half) for half in np.split(terms, 2)]
        return sum(half.astype(problem.x.dtype).astype(terms.dtype) for half in halves)

    problem = lattice(rows, "bfloat16")
    assert verdict(loop(stored), problem) is Verdict.DISAGREES


def test_factors_narrowed_to_few_bits_are_not_seen() -> None:
    """Its numbers have two bits, and stay what they are in TF32 and in bfloat16: `million` is there for that."""
    dense, million = (cast(name, "float32").x.astype("bfloat16") for name in ("dense_lattice_million", "million"))
    assert np.array_equal(dense.astype(np.float32), cast("dense_lattice_million", "float32").x)
    assert not np.array_equal(million.astype(np.float32), cast("million", "float32").x)


# What frameworks return.


def implementation(name: str) -> Callable[..., Any]:
    framework = name.split("_")[0]
    if not installed(framework):
        pytest.skip(f"{framework} is not installed")
    found: Callable[..., Any] = importlib.import_module(f"impls.{name}").descend
    return found


@pytest.mark.parametrize(("dtype", "rows"), [("float32", 2**20), ("bfloat16", 4096)])
@pytest.mark.parametrize("change", ["dropped", "doubled"])
@pytest.mark.parametrize("name", ["numpy_einsum", "torch_manual"])
def test_a_framework_s_loop_that_loses_a_row_is_caught(name: str, change: str, dtype: str, rows: int) -> None:
    descend, problem = implementation(name), lattice(rows, dtype)

    def one_row_off(x: Array, y: Array, *rest: Any) -> Any:
        y = y.clone() if hasattr(y, "clone") else y.copy()
        # Its residual is 0 or twice what it was, as though it counted so often.
        y[1:2] += (x[1:2] @ rest[0] + rest[1] - y[1:2]) * (1 if change == "dropped" else -1)
        return descend(x, y, *rest)

    seen = recorded(one_row_off, problem, name.split("_")[0])
    found = compare(Run(seen, problem, claim_of(name, dtype)))
    assert found.verdict is Verdict.DISAGREES
    assert found.checks["gradient"].first_violation is not None
