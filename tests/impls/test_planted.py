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
from tests.support import faults
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


def test_compare_with_a_scaled_gradient_disagrees_at_its_step(judged: Callable[[Loop], Judgement], dtype: str) -> None:
    """A factor of 1 + 1e-9 in float64 is resolved at step 0, and one of 1 + 1e-4 in float32."""
    smallest = {"float32": 1 + 1e-4, "float64": 1 + 1e-9}[dtype]
    judgement = judged(partial(faults.scaled_gradient, factor=smallest, at=0))
    assert judgement.verdict is Verdict.DISAGREES
    assert judgement.reason.startswith("step 0, w.grad[0, 0]: got ")


@pytest.mark.parametrize("fault", faults.FAULTS, ids=str)
def test_compare_with_a_fault_disagrees_at_its_step(judged: Callable[[Loop], Judgement], fault: faults.Fault) -> None:
    judgement = judged(fault.plant)
    assert judgement.verdict is Verdict.DISAGREES
    assert judgement.reason.startswith(fault.shows)


@pytest.mark.parametrize("fault", [f for f in faults.FAULTS if f.shows_in_iterates is not None], ids=str)
def test_compare_iterates_alone_with_a_fault_disagrees_at_its_step(
    judged: Callable[[Loop], Judgement], fault: faults.Fault
) -> None:
    judgement = judged(lambda correct: faults.without_gradients(fault.plant(correct)))
    assert judgement.verdict is Verdict.DISAGREES
    assert judgement.reason.startswith(f"step {fault.shows_in_iterates}, ")


@pytest.mark.parametrize(("part", "verdict"), [(1, Verdict.DISAGREES), (1 / 1000, Verdict.AGREES)])
def test_resolution_is_the_size_of_a_fault_that_is_caught(
    judged: Callable[[Loop], Judgement], part: float, verdict: Verdict
) -> None:
    """A fault of that size, in every gradient, is caught; a thousandth of it may pass, and does."""
    resolution = judged(faults.honest).resolution
    assert resolution is not None
    assert judged(partial(faults.always_scaled, factor=1 + part * resolution)).verdict is verdict
