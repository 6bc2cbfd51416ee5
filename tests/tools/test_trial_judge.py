"""What mutants of the judge survived: each test here was written for one of them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from gradagree.checking.check import Check, check
from gradagree.checking.deviation import Deviation, ratio_of
from gradagree.checking.run import Run
from gradagree.checking.verdict import Verdict
from gradagree.diagnosis.compare import compare
from gradagree.runtime.frameworks.framework import host_copy
from gradagree.runtime.trajectory import Trajectory
from reference.problem import Problem
from tools.trial import evaluation
from tools.trial.kill_cell import Cell, evaluate
from tools.trial.runs import plain, trajectory

pytestmark = pytest.mark.sweep


@pytest.fixture(scope="module")
def line() -> Cell:
    return Cell("float32", 16, 0)


def test_a_negative_error_is_as_wrong_as_a_positive_one() -> None:
    one = np.ones((1, 2, 1))
    for sign in (1, -1):
        assert check("gradient", one, sign * 2 * one, one, one).first_violation is not None


def test_the_first_wrong_step_is_named_and_not_the_last() -> None:
    error = np.zeros((5, 2, 1))
    error[1:4] = 2
    wrong = check("gradient", error, error, np.ones_like(error), error).first_violation
    assert wrong is not None
    assert wrong.step == 1


def test_a_bound_is_taken_at_its_word() -> None:
    one = np.ones((1, 2, 1))
    assert check("gradient", one, one * np.nextafter(1, 2), one, one).first_violation is not None
    assert check("gradient", one, one, one, one).first_violation is None


def test_the_resolution_is_that_of_the_worst_component() -> None:
    signal, bound = np.array([[[1.0], [1.0]]]), np.array([[[0.1], [0.5]]])
    assert check("gradient", signal, 0 * signal, bound, signal).resolution == 2 * 0.5 / (1 - 0.5)


def test_components_have_their_names() -> None:
    error = np.zeros((1, 3, 2))
    error[0, 2, 1] = 2
    wrong = check("gradient", error, error, np.ones_like(error), error).first_violation
    assert wrong is not None
    assert wrong.place == "b.grad[1]"


def test_a_check_whose_resolution_is_one_is_blind() -> None:
    extreme = Deviation("gradient", 0, "w", (), 0.0, 0.0, 0.0)
    assert Check("gradient", 1, extreme, None, 1.0, np.zeros(1)).bound_exceeds_signal
    assert not Check("gradient", 1, extreme, None, 0.5, np.zeros(1)).bound_exceeds_signal


def test_an_error_without_any_allowance_is_infinitely_wrong() -> None:
    assert ratio_of(0.0, 0.0) == 0
    assert ratio_of(1.0, 0.0) == np.inf


@pytest.mark.parametrize("step", [0, 1, 2])
def test_every_gradient_and_every_update_is_compared(step: int) -> None:
    problem, run = _three_steps()
    assert run.grad_w is not None
    gradients = run.grad_w.copy()
    gradients[step] *= 1.5
    wrong = compare(Run(run.with_grads(w=gradients), problem, plain("float32", False)))
    assert wrong.reason.startswith(f"step {step}, w.grad[0, 0]: got")
    ends = run.b.copy()
    ends[step + 1] += 1
    assert compare(Run(run.with_params(b=ends), problem, plain("float32", False))).reason.startswith(f"step {step}, ")


@pytest.mark.parametrize("part", ["w", "b"])
def test_the_end_of_each_parameter_is_judged(part: str) -> None:
    """By the run's own bound: a record without gradients, whose every step is a little off, drifts beyond it."""
    problem, run = _three_steps()
    judgement = compare(Run(run, problem, plain("float32", False)))
    bound = judgement.checks["final"].worst_deviation.bound
    values = getattr(run, part).copy()
    values[-1] += 1.5 * bound
    final = compare(Run(run.with_params(**{part: values}), problem, plain("float32", False))).checks["final"]
    assert final.first_violation is not None
    assert final.first_violation.parameter == part


def test_an_overflow_that_no_correct_evaluation_has_is_invalid(line: Cell) -> None:
    judgement = line.judge(gradient=np.full_like(line.gradient, np.inf), after=line.V)
    assert judgement.verdict is Verdict.INVALID
    assert judgement.reason.startswith(
        "step 0: the gradient is not finite, where the exact one is in range: w.grad[0, 0] is inf"
    )


def test_recorded_values_are_copies() -> None:
    values = np.ones(3)
    copy = host_copy(values)
    values += 1
    assert copy.tolist() == [1, 1, 1]


def _three_steps() -> tuple[Problem, Trajectory]:
    cell = Cell("float32", 16, 0)
    problem = dataclasses.replace(cell.whole, steps=3)
    V, gradients = [cell.V], []
    for _ in range(3):
        gradients.append(evaluate(cell.machine, problem, V[-1]))
        V.append(evaluation.update(cell.machine, V[-1], gradients[-1], problem.lr))
    return problem, trajectory(V, gradients, None)
