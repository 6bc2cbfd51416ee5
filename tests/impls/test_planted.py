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

# A factor that float32, or float64, certainly resolves at step 0.
FACTOR = {"float32": 1 + 1e-4, "float64": 1 + 1e-9}


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


def test_what_the_faults_are_planted_in_agrees(judged: Callable[[Loop], Judgement]) -> None:
    judgement = judged(faults.honest)
    assert (judgement.verdict, judgement.reason) == (Verdict.AGREES, "")


def test_iterates_alone_agree(judged: Callable[[Loop], Judgement]) -> None:
    judgement = judged(faults.without_gradients)
    assert (judgement.verdict, judgement.reason) == (Verdict.AGREES, "")
    assert "gradient" not in judgement.checks


def test_a_scaled_gradient(judged: Callable[[Loop], Judgement], dtype: str) -> None:
    judgement = judged(partial(faults.scaled_gradient, factor=FACTOR[dtype], at=0))
    assert judgement.verdict is Verdict.DISAGREES
    assert judgement.reason.startswith("step 0, w.grad[0, 0]: got ")


@pytest.mark.parametrize("fault", faults.FAULTS, ids=str)
def test_planted_fault_is_seen_where_it_is(judged: Callable[[Loop], Judgement], fault: faults.Fault) -> None:
    judgement = judged(fault.plant)
    assert judgement.verdict is Verdict.DISAGREES
    assert judgement.reason.startswith(fault.shows)


@pytest.mark.parametrize("fault", [f for f in faults.FAULTS if f.shows_in_iterates is not None], ids=str)
def test_planted_fault_is_seen_in_the_iterates_alone(judged: Callable[[Loop], Judgement], fault: faults.Fault) -> None:
    judgement = judged(lambda correct: faults.without_gradients(fault.plant(correct)))
    assert judgement.verdict is Verdict.DISAGREES
    assert judgement.reason.startswith(f"step {fault.shows_in_iterates}, ")


@pytest.mark.parametrize(("part", "verdict"), [(1, Verdict.DISAGREES), (1 / 1000, Verdict.AGREES)])
def test_the_resolution_is_what_would_have_been_caught(
    judged: Callable[[Loop], Judgement], part: float, verdict: Verdict
) -> None:
    """A fault of that size, in every gradient, is caught; a thousandth of it may pass, and does."""
    resolution = judged(faults.honest).resolution
    assert resolution is not None
    assert judged(partial(faults.always_scaled, factor=1 + part * resolution)).verdict is verdict
