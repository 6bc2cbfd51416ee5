"""The comparison: faults, numbers that are not finite, bounds that have grown blind."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradagree.checking.check import check
from gradagree.checking.run import Run
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.diagnosis.compare import compare
from gradagree.runtime.trajectory import ProtocolError, Trajectory
from impls.numpy_analytic import descend as correct
from reference import problems
from reference.problem import Problem, regression
from tests.support.judging import judged, plain, recorded


@pytest.fixture(scope="module")
def problem() -> Problem:
    return replace(problems.load("stackoverflow"), steps=8)


@pytest.fixture
def run(problem: Problem) -> Trajectory:
    return recorded(correct, problem)


def verdict(trajectory: Trajectory, problem: Problem) -> Judgement:
    return compare(Run(trajectory, problem, plain("float32")))


def with_entry(trajectory: Trajectory, name: str, step: int, value: float) -> Trajectory:
    changed = getattr(trajectory, name).copy()
    changed[step] = value
    if name == "loss":
        return replace(trajectory, loss=changed)
    part = name.removeprefix("grad_")
    return trajectory.with_params(**{part: changed}) if part == name else trajectory.with_grads(**{part: changed})


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("grad_w", "step 3: the gradient is not finite, where the exact one is in range: w.grad[0, 0] is "),
        ("grad_b", "step 3: the gradient is not finite, where the exact one is in range: b.grad[0] is "),
        ("loss", "step 3: the loss is not finite, where the exact one is in range: loss is "),
        ("w", "step 2: the update is not finite, where the exact one is in range: w[0, 0] is "),
        ("b", "step 2: the update is not finite, where the exact one is in range: b[0] is "),
    ],
)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_invalid(
    run: Trajectory, problem: Problem, name: str, sentence: str, value: float
) -> None:
    judgement = verdict(with_entry(run, name, 3, value), problem)
    assert judgement.verdict is Verdict.INVALID
    exact = getattr(run, name)[3].item()
    assert judgement.reason.startswith(f"{sentence}{'NaN' if value != value else value}, exact ")
    wrong = judgement.first_violation
    assert wrong is not None
    assert wrong.step == judgement.step == int(sentence[5])
    assert wrong.got == value or value != value != wrong.got
    assert wrong.expected == pytest.approx(exact, rel=1e-5)
    assert 0 < wrong.bound < 1


def test_of_several_numbers_that_are_not_finite_the_first_is_named(run: Trajectory, problem: Problem) -> None:
    spoiled = with_entry(with_entry(with_entry(run, "b", 4, np.nan), "grad_b", 3, np.nan), "loss", 2, np.inf)
    judgement = verdict(spoiled, problem)
    assert judgement.reason.startswith("step 2: the loss is not finite")
    # The loss comes before its gradient.
    both = verdict(with_entry(with_entry(run, "grad_w", 3, np.nan), "loss", 3, np.nan), problem)
    assert both.reason.startswith("step 3: the loss is not finite")


def test_what_came_before_a_nan_is_still_compared(run: Trajectory, problem: Problem) -> None:
    judgement = verdict(with_entry(run, "grad_w", 3, float("nan")), problem)
    assert judgement.checks["gradient"].count == 6
    assert judgement.checks["gradient"].first_violation is None


def test_a_start_that_is_not_finite_is_invalid(run: Trajectory, problem: Problem) -> None:
    judgement = verdict(with_entry(run, "w", 0, float("nan")), problem)
    assert (judgement.verdict, judgement.reason) == (
        Verdict.INVALID,
        "step 0: the start is not finite: w[0, 0] is NaN",
    )


def test_a_fault_is_invalid_whatever_the_numbers(run: Trajectory, problem: Problem) -> None:
    judgement = verdict(
        replace(run, protocol_errors=(ProtocolError("dtype", 0, "w: expected dtype float32, got float64"),)), problem
    )
    assert judgement.verdict is Verdict.INVALID
    assert judgement.reason == "step 0: w: expected dtype float32, got float64"
    assert judgement.checks["gradient"].first_violation is None


def test_an_empty_record_is_invalid(run: Trajectory, problem: Problem) -> None:
    empty = Trajectory(
        {"w": run.w[:0], "b": run.b[:0]},
        protocol_errors=(ProtocolError("raised", 0, "raised NameError: name 'torch' is not defined"),),
    )  # fmt: skip
    judgement = verdict(empty, problem)
    assert judgement.verdict is Verdict.INVALID
    assert "NameError" in judgement.reason


def test_the_last_update_is_compared(run: Trajectory, problem: Problem) -> None:
    judgement = verdict(with_entry(run, "w", 8, 3.0), problem)
    assert judgement.verdict is Verdict.DISAGREES
    assert judgement.reason.startswith("step 7, w[0, 0]: got 3,")
    wrong = judgement.checks["final"].first_violation
    assert wrong is not None
    assert wrong.place == "w at the end"


def test_a_run_without_its_end_has_no_final_check(run: Trajectory, problem: Problem) -> None:
    judgement = verdict(run.with_params(w=run.w[:-1], b=run.b[:-1]), problem)
    assert judgement.verdict is Verdict.AGREES
    assert "final" not in judgement.checks
    assert judgement.checks["update"].count == 14


def test_another_end_is_seen_by_its_distance(run: Trajectory, problem: Problem) -> None:
    judgement = verdict(with_entry(run, "b", 8, 40.0), problem)
    assert judgement.checks["distance"].first_violation is not None


def test_the_classic_run_has_not_converged_and_theory_says_how_far() -> None:
    judgement = judged(correct, "float64")
    assert judgement.distance is not None
    assert judgement.exact_distance is not None
    assert f"{judgement.exact_distance:.4f}" == "0.1240"
    assert not judgement.checks["distance"].bound_exceeds_signal


def test_a_bound_that_reached_its_signal_is_inconclusive() -> None:
    """At its minimiser a problem has no gradient to see in bfloat16."""
    still = problems.load("stackoverflow").replace(steps=3, w0=np.array([[5.0726]]), b0=np.array([2.3664]))
    still = still.cast("float16")
    judgement = compare(Run(recorded(correct, still), still, plain("float16")))
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert judgement.reason == "the gradient bounds have reached their signal: anything could pass"


def test_a_run_that_must_leave_the_range_is_excused() -> None:
    steep = problems.load("stackoverflow").replace(lr=30.0, steps=40).cast("float16")
    judgement = compare(
        Run(recorded(correct, steep), steep, replace(plain("float16"), accumulate=plain("float16").storage))
    )
    assert judgement.verdict is not Verdict.INVALID
    left = next(note for note in judgement.notes if "left the range of float16" in note)
    assert left.endswith("as it must: w[0, 0] is -inf, exact -1.41e+06, and float16 ends at 65504")


class TestNaNIsNeverInside:
    """`error > bound` is false for NaN; a check built on it would let it pass."""

    @pytest.mark.parametrize(("error", "bound"), [(np.nan, 1.0), (1.0, np.nan), (np.nan, np.inf)])
    def test_it_is_wrong(self, error: float, bound: float) -> None:
        one = np.ones((1, 2, 1))
        outcome = check("gradient", one, one * error, one * bound, one)
        assert outcome.first_violation is not None
        assert outcome.worst_deviation.step == 0

    def test_a_resolution_that_is_nan_is_blind(self) -> None:
        one = np.ones((1, 2, 1))
        assert check("gradient", one, one * 0, one * np.nan, one).bound_exceeds_signal


def test_a_component_without_signal_asks_for_no_resolution() -> None:
    signal: Any = np.array([[[1.0], [0.0]]])
    bound: Any = np.array([[[0.25], [0.0]]])
    outcome = check("gradient", signal, signal * 0, bound, signal)
    assert outcome.resolution == 2 * 0.25 / (1 - 0.25)


def test_two_targets_are_told_apart() -> None:
    x = np.arange(12.0).reshape(6, 2) / 8
    two = regression("two", x, x @ np.ones((2, 2)), np.zeros((2, 2)), np.zeros(2), 0.125, 4)
    trajectory = recorded(correct, two)
    assert compare(Run(trajectory, two, plain("float64"))).verdict is Verdict.AGREES
    assert trajectory.grad_w is not None
    wrong = trajectory.grad_w.copy()
    wrong[2, 1, 1] *= 2
    judgement = compare(Run(trajectory.with_grads(w=wrong), two, plain("float64")))
    assert judgement.reason.startswith("step 2, w.grad[1, 1]: got ")
