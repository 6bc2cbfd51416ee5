"""What must not be explained: correct loops, wrong loops of no row, and records a few bounds away from a mistake's."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from gradagree.checking.run import Run
from gradagree.checking.verdict import Verdict
from gradagree.diagnosis.catalogue import MISTAKES
from gradagree.diagnosis.engine import diagnose
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.explanation import explain
from gradagree.diagnosis.mistakes import PREDICTIONS, Prediction
from gradagree.runtime.trajectory import Trajectory
from tests.support.diagnosing import WIDE, claim, diagnosis, judged, problem, run, wrong

pytestmark = pytest.mark.sweep

CORRECT = (
    "zeroed_after_the_step",
    "residual_reversed_and_negated",
    "accumulated_point_by_point",
    "a_new_parameter_each_step",
    "inside_the_graph",
    "in_place_under_no_grad",
    "rebound_with_requires_grad",
    "through_data",
    "through_detach",
    "optimizer_sgd",
    "parameters_alone",
)
# A code where one is true of the loop.
IN_NO_ROW = {
    "noise_on_the_gradient": None,
    "decaying_rate": None,
    "halved_halfway": None,
    "huber": None,
    "one_row_dropped": "GD304",
    "redrawn_halfway": None,
    "nesterov": None,
    "wrong_sign_on_one_component": None,
    "mini_batches_redrawn": None,
    "shuffled_anew_each_step": None,
    "one_bad_step": None,
    "signs_of_the_gradient": "GD213",  # clipping to 1, as long as no component is smaller; said in a note
    "a_rate_for_each": None,
    "quartic_loss": None,
    "newton": None,
}


def _loop(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"tests.support.loops.{module}"), name)


@pytest.mark.parametrize("dtype", WIDE)
@pytest.mark.parametrize("name", CORRECT)
def test_correct_loop_is_exact_descent(name: str, dtype: str) -> None:
    verdict, found = judged(_loop("correct", name), "torch", dtype)
    assert verdict is Verdict.AGREES
    assert found.code is None
    assert found.best is None
    assert found.first_violation is None


@pytest.mark.parametrize("dtype", WIDE)
@pytest.mark.parametrize("name", IN_NO_ROW)
def test_no_row_no_code(name: str, dtype: str) -> None:
    verdict, found = judged(_loop("in_no_row", name), "numpy", dtype)
    assert verdict is Verdict.DISAGREES
    assert found.code == IN_NO_ROW[name], (found.best, found.notes)
    assert found.first_violation is not None
    assert (found.pattern != "") == (found.code is None)


def _perturbed(evidence: Evidence, prediction: Prediction) -> Trajectory:
    """One number of one step, four of the prediction's own bounds away: a gradient, or else an iterate."""
    trajectory, k = evidence.run.trajectory, len(evidence.after) // 2
    if trajectory.grad_b is not None and "gradient" not in prediction.unpredicted:
        grad_b = trajectory.grad_b.copy()
        bound = (prediction.gradient or evidence.true).bound[k, -1]
        # A zero has no bound of its own.
        grad_b[k] += 4 * (bound + evidence.u * np.abs(grad_b[k]) + evidence.true.bound[k, -1])
        return trajectory.with_grads(b=grad_b)
    b = trajectory.b.copy()
    after = prediction.after or evidence.update(prediction.gradient or evidence.true)
    b[k + 1] += 4 * after.bound[k, -1]
    return trajectory.with_params(b=b)


FAULTS = ("GD148", "GD149")  # known by how the run ended, not by its steps


@pytest.mark.parametrize("code", [code for code in PREDICTIONS if code not in FAULTS])
def test_a_few_bounds_away_is_no_longer_explained(code: str) -> None:
    mistake, on = MISTAKES[code], problem("stackoverflow", "float32", 24)
    arithmetic = claim("float32", mistake.framework == "jax")
    evidence = Evidence(Run(run(*wrong(code), on), on, arithmetic))
    offered = [(p, explain(evidence, mistake, p)) for p in PREDICTIONS[code](evidence)]
    prediction = next(p for p, explanation in offered if explanation is not None and explanation.fits)
    assert code not in diagnose(Run(_perturbed(evidence, prediction), on, arithmetic)).candidates


def test_too_few_steps_are_not_explained() -> None:
    assert diagnosis(*wrong("GD101"), "float32", steps=5).code is None
    assert diagnosis(*wrong("GD101"), "float32", steps=6).code == "GD101"


@pytest.mark.parametrize("steps", [0, 1, 2])
@pytest.mark.parametrize("given", [2, 4, 5])
@pytest.mark.parametrize("name", ["stackoverflow", "targets"])
def test_a_run_that_raised_at_once_is_not_explained(name: str, given: int, steps: int) -> None:
    """After one step there is a gradient to look at, and no update."""

    def descend(x: Any, y: Any, w: Any, b: Any, lr: float, _: int) -> Any:
        for _ in range(steps):
            e = x @ w + b - y
            dw, db = x.T @ e, e.sum(axis=0)
            yield (w, b, dw, db, (e**2).mean())[:given]
            w, b = w - lr * dw, b - lr * db
        raise RuntimeError("enough")

    found = diagnosis(descend, "numpy", "float64", name)
    assert (found.code, found.candidates) == (None, ())
    assert found.pattern != ""
