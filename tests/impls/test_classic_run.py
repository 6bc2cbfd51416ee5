"""The classic run ends where everybody who ran it saw it end: the known output, to the digits that were printed."""

from __future__ import annotations

import numpy as np
import pytest

from gradagree.matrix.loading import load
from gradagree.runtime.frameworks import installed
from reference import problems
from tests.support.judging import recorded

pytestmark = pytest.mark.sweep

# Weights and gradients as they were printed: before the first update, and after 499 updates and the 500th backward.
KNOWN = {0: ("0.4988", "-0.5233", "-88.3076", "-28.1188"), 499: ("5.1095", "2.2474", "0.0179", "-0.0576")}
LOOPS = ("torch_manual", "torch_rebind", "numpy_analytic", "jax_grad")


def printed(*numbers: float) -> tuple[str, ...]:
    return tuple(f"{number:.4f}" for number in numbers)


@pytest.mark.parametrize("step", KNOWN)
def test_exact_run_has_the_printed_numbers(step: int) -> None:
    problem = problems.load("stackoverflow")
    squares, at = problem.least_squares, (problem.w0, problem.b0)
    w, b = squares.descend(*at, problem.lr, step) if step else at
    grad_w, grad_b = squares.gradient(w, b)
    assert b is not None
    assert grad_b is not None
    assert printed(*map(float, (w[0, 0], b[0], grad_w[0, 0], grad_b[0]))) == KNOWN[step]


@pytest.mark.parametrize("loop", LOOPS)
def test_plain_loop_has_the_printed_numbers(loop: str) -> None:
    """In float32, as it was run."""
    framework = loop.split("_")[0]
    if not installed(framework):
        pytest.skip(f"{framework} is not installed")
    seen = recorded(load(f"impls.{loop}:descend"), problems.load("stackoverflow").cast("float32"), framework)
    assert seen.grad_w is not None
    assert seen.grad_b is not None
    columns = (seen.w[:, 0, 0], seen.b[:, 0], seen.grad_w[:, 0, 0], seen.grad_b[:, 0])
    assert {step: printed(*(column[step] for column in columns)) for step in KNOWN} == KNOWN


def test_another_rate_has_other_numbers() -> None:
    """One part in a thousand more shows in the last digits: they tell something."""
    problem = problems.load("stackoverflow")
    faster = problem.replace(lr=problem.lr * 1.001).cast("float32")
    seen = recorded(load("impls.numpy_analytic:descend"), faster)
    assert printed(*np.concatenate([seen.w[499].ravel(), seen.b[499]])) != KNOWN[499][:2]
