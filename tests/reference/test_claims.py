"""A claim of narrow sums is no excuse: where it is made, the plain claim does not hold."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from gradagree.checking.run import Run
from gradagree.checking.verdict import Judgement
from gradagree.diagnosis.compare import compare
from gradagree.matrix import registry
from gradagree.matrix.loading import load
from gradagree.runtime.frameworks import installed
from reference.arithmetic import Arithmetic
from reference.formats import BY_NAME
from reference.problem import Problem, regression
from reference.synthetic import hashed
from tests.support.judging import plain, recorded

ROADS = {entry.name: entry for entry in registry.first_order()}
# Road, dtype, targets: XLA sums a single column in float16, and NumPy several.
NARROW = [("jax_grad", "bfloat16", 1), ("jax_grad", "float16", 1), ("numpy_analytic", "float16", 2)]
WIDE = [
    ("jax_forward", "bfloat16", 1), ("jax_vmap", "bfloat16", 1), ("jax_custom_vjp", "bfloat16", 1),
    ("jax_forward", "float16", 1), ("jax_vmap", "float16", 1), ("jax_custom_vjp", "float16", 1),
    ("torch_manual", "bfloat16", 1), ("torch_manual", "float16", 1),
    ("numpy_einsum", "bfloat16", 2), ("numpy_einsum", "float16", 2),
]  # fmt: skip


def many_bits(dtype: str, targets: int) -> Problem:
    """Residuals with all the digits of the dtype: float32 sums 64 of them exactly in any order, the dtype does not.

    Below 8, so that neither the last digit of their mean nor the sum of their squares leaves float16's range. x is zero
    but in one row: the sums over the rows are b's.
    """
    digits = BY_NAME[dtype].precision
    y = -np.floor(hashed(64, targets, seed=90, bits=digits) * 2**digits) * 2.0 ** (3 - digits)
    return regression("many_bits", np.eye(64, 1), y, np.zeros((1, targets)), np.zeros(targets), lr=0.5, steps=1).cast(
        dtype
    )


def judged(road: str, dtype: str, targets: int, claim: Arithmetic) -> Judgement:
    framework = ROADS[road].framework
    if not installed(framework):
        pytest.skip(f"{framework} is not installed")
    problem = many_bits(dtype, targets)
    return compare(Run(recorded(load(ROADS[road].target), problem, framework), problem, claim))


@pytest.mark.parametrize(("road", "dtype", "targets"), NARROW)
def test_narrow_sums_are_claimed_and_are_narrow(road: str, dtype: str, targets: int) -> None:
    claimed = ROADS[road].arithmetic("cpu", dtype)
    assert claimed.accumulate == BY_NAME[dtype]
    assert judged(road, dtype, targets, claimed).checks["gradient"].first_violation is None
    wide = dataclasses.replace(claimed, accumulate=plain(dtype).accumulate)
    wrong = judged(road, dtype, targets, wide).checks["gradient"].first_violation
    assert wrong is not None
    assert (wrong.quantity, wrong.parameter) == ("gradient", "b")


@pytest.mark.parametrize(("road", "dtype", "targets"), WIDE)
def test_wide_sums_are_claimed_and_are_wide(road: str, dtype: str, targets: int) -> None:
    claimed = ROADS[road].arithmetic("cpu", dtype)
    assert claimed.accumulate == plain(dtype).accumulate
    assert judged(road, dtype, targets, claimed).checks["gradient"].first_violation is None
