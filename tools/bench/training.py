"""Data, training runs and records of them, for the benchmarks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from gradagree.checking.check import check
from gradagree.matrix.loading import load
from gradagree.runtime.frameworks import framework
from gradagree.runtime.record import record
from gradagree.runtime.trajectory import Trajectory
from reference.arithmetic import Arithmetic
from reference.formats import FLOAT32
from reference.optimizers.sgd import update_error
from reference.problem import Problem, regression
from reference.rounding import update_bound
from reference.truth import Truth

CLAIM = Arithmetic(FLOAT32, FLOAT32)
STEPS = 500


def line(rows: int, steps: int = STEPS) -> Problem:
    """The recipe of the classic run in float32, with as many rows as asked for."""
    random = np.random.default_rng(0)
    x = 5 * random.random((rows, 1), dtype=np.float32)
    y = np.float32(5.1) * x + np.float32(2.3) + np.float32(0.2) * random.standard_normal((rows, 1), dtype=np.float32)
    start = np.array([[0.5]], dtype=np.float32)
    return regression("line", x, y, start, start[0] - 1, lr=0.01, steps=steps)


def again(problem: Problem) -> Problem:
    """The same problem, with nothing computed of it yet."""
    return dataclasses.replace(problem)


def trains(target: str, name: str, problem: Problem) -> Callable[[], object]:
    """A call that runs an implementation, a generator, through all its steps and keeps nothing."""
    run, home = load(target), framework(name)
    with home.session("cpu", "float32"):
        inputs = [home.array(values, "cpu") for values in (problem.x, problem.y, problem.w0, problem.b0)]

    def train() -> None:
        with home.session("cpu", "float32"):
            for _ in run(*inputs, problem.lr, problem.steps):
                pass

    return train


def recorded(problem: Problem) -> Trajectory:
    """The record of a torch run."""
    return record(load("impls.torch_manual:descend"), problem, framework("torch"))


def verify(problem: Problem, V: Any, gradients: Any, losses: Any) -> list[object]:
    """All gradients, updates and losses of a run held against the exact ones, from the data on."""
    truth = Truth(again(problem), CLAIM, V[:-1])
    exact = np.abs(truth.gradient)
    after, lr = V[1:], problem.lr
    error = update_error(V[:-1], gradients, lr, after)
    return [
        gradients_only(truth, gradients),
        check("update", after, error, update_bound(CLAIM, lr, gradients, after), lr * exact),
        check("loss", losses, truth.evaluation.loss_error(losses), truth.loss_bound, truth.evaluation.loss()),
    ]


def gradients_only(truth: Truth, gradients: Any) -> object:
    """All gradients of a run held against the exact ones."""
    error = truth.evaluation.gradient_error(gradients)
    return check("gradient", gradients, error, truth.gradient_bound, np.abs(truth.gradient))
