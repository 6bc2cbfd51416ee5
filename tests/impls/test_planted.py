"""Planted faults, in every basic implementation: each must be seen, at the step that commits it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from gradagree.checking.run import Run
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.diagnosis.compare import compare
from gradagree.matrix import registry
from gradagree.matrix.loading import load
from gradagree.runtime import frameworks
from reference import problems
from tests.support import loops_with_faults as faults
from tests.support.judging import plain, recorded

pytestmark = pytest.mark.sweep

Loop = Callable[..., Any]
BASIC = [entry for entry in registry.first_order() if entry.basic]


@pytest.fixture(params=["float32", "float64"])
def dtype(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# Every implementation on the classic; the others of the three where steps cost least.
PLACES = [(entry, name) for entry in BASIC for name in problems.CLASSIC[: 3 if entry.framework == "numpy" else 1]]


@pytest.fixture(params=PLACES, ids=lambda place: f"{place[0].name}-{place[1]}")
def judged(request: pytest.FixtureRequest, dtype: str) -> Callable[[Loop], Judgement]:
    """The verdict on an implementation with a fault planted, after a dozen steps."""
    entry, problem = request.param
    if not frameworks.installed(entry.framework):
        pytest.skip(f"{entry.framework} is not installed")
    short = replace(problems.load(problem).cast(dtype), steps=12)

    def judge(plant: Loop) -> Judgement:
        return compare(Run(recorded(plant(load(entry.target)), short, entry.framework), short, plain(dtype)))

    return judge


@pytest.mark.parametrize("plant", [faults.honest, faults.without_gradients])
def test_compare_without_a_fault_agrees(judged: Callable[[Loop], Judgement], plant: Loop) -> None:
    judgement = judged(plant)
    assert (judgement.verdict, judgement.reason) == (Verdict.AGREES, "")
    assert ("gradient" in judgement.checks) is (plant is faults.honest)


def alone(plant: Loop) -> Loop:
    """A fault of which the iterates alone are reported."""
    return lambda correct: faults.without_gradients(plant(correct))


# Factors of 1e-9 in float64 are resolved at step 0, of 1e-4 in float32, and of 1e-3 in its iterates.
CASES = {
    "scaled gradient at 0": (None, "step 0, w.grad[0, 0]: got "),
    "scaled gradient": (partial(faults.scaled_gradient, factor=1.5, at=5), "step 5, w.grad[0, 0]: got "),
    "other rate": (partial(faults.other_rate, factor=1 + 1e-4), "step 0, w[0, 0]: got "),
    "skipped update": (partial(faults.skipped_update, at=7), "step 7, w[0, 0]: got "),
    "b with the new w": (faults.b_with_the_new_w, "step 0, b.grad[0]: got "),
    "wrong loss": (faults.wrong_loss, "step 0, loss: got "),
    "other start": (faults.other_start, "step 0, w[0, 0]: got "),
    "scaled gradient, alone": (alone(partial(faults.scaled_gradient, factor=1 + 1e-3, at=0)), "step 0, "),
    "other rate, alone": (alone(partial(faults.other_rate, factor=1 + 1e-3)), "step 0, "),
    "skipped update, alone": (alone(partial(faults.skipped_update, at=7)), "step 7, "),
    "b with the new w, alone": (alone(faults.b_with_the_new_w), "step 0, "),
}


@pytest.mark.parametrize("case", CASES)
def test_compare_with_a_fault_disagrees_at_its_step(judged: Callable[[Loop], Judgement], dtype: str, case: str) -> None:
    plant, where = CASES[case]
    factor = {"float32": 1 + 1e-4, "float64": 1 + 1e-9}[dtype]
    judgement = judged(plant or partial(faults.scaled_gradient, factor=factor, at=0))
    assert judgement.verdict is Verdict.DISAGREES
    assert judgement.reason.startswith(where)


@pytest.mark.parametrize(("part", "verdict"), [(1, Verdict.DISAGREES), (1 / 1000, Verdict.AGREES)])
def test_resolution_is_the_size_of_a_fault_that_is_caught(
    judged: Callable[[Loop], Judgement], part: float, verdict: Verdict
) -> None:
    """A fault of that size, in every gradient, is caught; a thousandth of it may pass, and does."""
    resolution = judged(faults.honest).resolution
    assert resolution is not None
    assert judged(partial(faults.always_scaled, factor=1 + part * resolution)).verdict is verdict
