"""Planted faults: each must be seen, at the step that commits it."""

from collections.abc import Callable
from typing import Any

import pytest

from gradagree.verdict import Verdict
from impls.numpy_analytic import descend as correct
from reference import problems
from tests import loops_with_faults as faults
from tests.judging import judged

Loop = Callable[..., Any]

# A factor that float32, or float64, certainly resolves at step 0.
FACTOR = {"float32": 1 + 1e-4, "float64": 1 + 1e-9}


@pytest.mark.parametrize("problem", problems.NAMES[:3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
class TestCaught:
    def test_a_scaled_gradient(self, dtype: str, problem: str) -> None:
        judgement = judged(faults.scaled_gradient(FACTOR[dtype], at=0), dtype, problem)
        assert judgement.verdict is Verdict.DISAGREES
        assert judgement.reason.startswith("step 0, w.grad[0, 0]: got ")

    def test_a_scaled_gradient_in_the_middle(self, dtype: str, problem: str) -> None:
        judgement = judged(faults.scaled_gradient(1.5, at=40), dtype, problem)
        assert judgement.verdict is Verdict.DISAGREES
        assert judgement.reason.startswith("step 40, w.grad[0, 0]: got ")

    def test_another_rate(self, dtype: str, problem: str) -> None:
        judgement = judged(faults.other_rate(1 + 1e-4), dtype, problem)
        assert judgement.verdict is Verdict.DISAGREES
        assert judgement.reason.startswith("step 0, w[0, 0]: got ")

    def test_a_skipped_update(self, dtype: str, problem: str) -> None:
        judgement = judged(faults.skipped_update(at=7), dtype, problem)
        assert judgement.verdict is Verdict.DISAGREES
        assert judgement.reason.startswith("step 7, w[0, 0]: got ")

    def test_b_updated_with_the_new_w(self, dtype: str, problem: str) -> None:
        judgement = judged(faults.b_with_the_new_w, dtype, problem)
        assert judgement.verdict is Verdict.DISAGREES
        assert judgement.reason.startswith("step 0, b.grad[0]: got ")

    def test_a_wrong_loss(self, dtype: str, problem: str) -> None:
        judgement = judged(faults.wrong_loss, dtype, problem)
        assert judgement.verdict is Verdict.DISAGREES
        assert judgement.reason.startswith("step 0, loss: got ")

    def test_another_start(self, dtype: str, problem: str) -> None:
        judgement = judged(faults.other_start, dtype, problem)
        assert judgement.verdict is Verdict.DISAGREES
        assert judgement.reason.startswith("step 0, w[0, 0]: got ")

    @pytest.mark.parametrize(
        ("loop", "step"),
        [
            (faults.scaled_gradient(1 + 1e-3, at=0), 0),
            (faults.other_rate(1 + 1e-3), 0),
            (faults.skipped_update(at=7), 7),
            (faults.b_with_the_new_w, 0),
        ],
        ids=["scaled", "rate", "skipped", "new_w"],
    )
    def test_a_fault_seen_in_the_iterates_alone(self, dtype: str, problem: str, loop: Loop, step: int) -> None:
        judgement = judged(faults.without_gradients(loop), dtype, problem)
        assert "gradient" not in judgement.checks
        assert judgement.verdict is Verdict.DISAGREES
        assert judgement.reason.startswith(f"step {step}, ")


@pytest.mark.parametrize("loop", [correct, faults.without_gradients(correct)], ids=["whole", "iterates"])
@pytest.mark.parametrize("problem", problems.NAMES[:3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_correct_loop_agrees(loop: Loop, dtype: str, problem: str) -> None:
    judgement = judged(loop, dtype, problem)
    assert (judgement.verdict, judgement.reason) == (Verdict.AGREES, "")


@pytest.mark.parametrize(("part", "verdict"), [(1, Verdict.DISAGREES), (1 / 1000, Verdict.AGREES)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_resolution_is_what_would_have_been_caught(dtype: str, part: float, verdict: Verdict) -> None:
    """A fault of that size, in every gradient, is caught; a thousandth of it may pass, and does."""
    resolution = judged(correct, dtype).resolution
    assert resolution is not None
    assert judged(_always_scaled(1 + part * resolution), dtype).verdict is verdict


def _always_scaled(factor: float) -> Loop:
    def descend(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
        for _ in range(steps):
            residual = x @ w + b - y
            scaled = residual * (2 / y.size)
            gradient_w = x.T @ scaled * x.dtype.type(factor)
            gradient_b = scaled.sum(axis=0) * x.dtype.type(factor)
            yield w, b, gradient_w, gradient_b, (residual**2).mean()
            w, b = w - lr * gradient_w, b - lr * gradient_b
        return w, b

    return descend
