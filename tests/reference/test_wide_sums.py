"""Sums that leave the range of float16 and means that do not: right where they are summed in float32, as is claimed."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradagree.checking.run import Run
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.diagnosis.compare import compare
from gradagree.matrix import registry
from reference.problems import cast
from tests.support.judging import dyadic, recorded

Array = Any
PROBLEMS = ("dense_lattice_32768", "million")
CLAIM = replace(dyadic("float16"), wide_sums=True)


def loop(mean: Callable[[Array], Array], summed: Callable[[Array, Array], Array]) -> Callable[..., Any]:
    """Descent by a mean over all entries, and by `summed(terms, 2/(N m))` over the rows."""

    def descend(x: Array, y: Array, w: Array, b: Array, lr: float, steps: int) -> Generator[Any, None, Any]:
        for _ in range(steps):
            residual = x @ w + b - y
            factor = np.float16(2 / y.size)
            gradients = summed(x * residual, factor)[:, None], summed(residual, factor)
            yield w, b, *gradients, mean(residual**2)
            w, b = (p - np.float16(lr) * g for p, g in zip((w, b), gradients, strict=True))
        return w, b

    return descend


def mean_in_float32(squares: Array) -> Array:
    return squares.mean(dtype=np.float32).astype(np.float16)


def sum_over_numel(squares: Array) -> Array:
    """As torch had it on CPUs (pytorch#91597)."""
    return squares.sum(dtype=np.float32).astype(np.float16) / np.float16(squares.size)


def scaled_first(terms: Array, factor: Array) -> Array:
    return (terms * factor).sum(axis=0, dtype=np.float32).astype(np.float16)


def sum_of_sizes_first(terms: Array, factor: Array) -> Array:
    """Sums of the positive and of the negative terms, stored in float16: the one is infinite, or both are."""
    parts = [np.maximum(sign * terms, 0).sum(axis=0, dtype=np.float32) for sign in (1, -1)]
    positive, negative = (part.astype(np.float16) for part in parts)
    return (positive - negative) * factor


RIGHT = loop(mean_in_float32, scaled_first)


def judged(run: Callable[..., Any], problem: str, wide_sums: bool = True) -> Judgement:
    given = cast(problem, "float16")
    with np.errstate(over="ignore", invalid="ignore"):
        return compare(Run(recorded(run, given), given, replace(CLAIM, wide_sums=wide_sums)))


def test_squares_add_up_to_more_than_float16_holds_and_their_mean_is_small() -> None:
    problem = cast("dense_lattice_32768", "float16")
    residual = (problem.x @ problem.w0 + problem.b0 - problem.y).astype(np.float64)
    assert (residual**2).sum() > np.finfo(np.float16).max
    assert (residual**2).mean() < 4


@pytest.mark.parametrize("problem", PROBLEMS)
def test_sums_in_float32_agree(problem: str) -> None:
    assert judged(RIGHT, problem).verdict is Verdict.AGREES


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_mean_that_is_a_stored_sum_over_a_number_is_invalid(problem: str) -> None:
    found = judged(loop(sum_over_numel, scaled_first), problem)
    assert found.verdict is Verdict.INVALID
    assert found.reason.startswith("step 0: the loss is not finite, where the exact one is in range: loss is ")


def test_a_gradient_whose_sums_are_stored_before_they_are_scaled_is_invalid() -> None:
    found = judged(loop(mean_in_float32, sum_of_sizes_first), "million")
    assert found.verdict is Verdict.INVALID
    assert found.reason.startswith("step 0: the gradient is not finite, where the exact one is in range: w.grad[0, 0] ")


@pytest.mark.parametrize("problem", PROBLEMS)
def test_where_wide_sums_are_not_claimed_nothing_is_said_of_infinity(problem: str) -> None:
    for run in (loop(sum_over_numel, scaled_first), loop(mean_in_float32, sum_of_sizes_first)):
        found = judged(run, problem, wide_sums=False)
        assert found.verdict in (Verdict.AGREES, Verdict.INCONCLUSIVE)


def test_a_residual_that_is_out_of_range_is_excused_all_the_same() -> None:
    """A sum of few rows has the accumulator's range, the square of one residual has not."""
    problem = cast("single_row", "float64").replace(y=np.array([[300.0]])).cast("float16")
    with np.errstate(over="ignore", invalid="ignore"):
        found = compare(Run(recorded(RIGHT, problem), problem, CLAIM))
    assert found.verdict is not Verdict.INVALID
    assert any(note.startswith("the loss left the range of float16 at step 0, as it must") for note in found.notes)


WIDE = [entry for entry in registry.first_order() if "cpu" in entry.devices and entry.weight != "heavy"
        and "float16" in entry.dtypes and entry.arithmetic("cpu", "float16").wide_sums]  # fmt: skip


def test_it_is_claimed_by_what_torch_does_and_by_what_numpy_and_xla_do_not() -> None:
    claimed = {entry.name for entry in WIDE}
    assert {"torch_manual", "torch_linear", "torch_vmap", "jax_custom_vjp"} <= claimed
    assert not {"numpy_analytic", "numpy_einsum", "jax_grad", "jax_jit"} & claimed
