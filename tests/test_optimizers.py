"""Optimizers: every step against its recurrence, and faults that the judge of them must see."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gradagree.checking.optimizer import judge
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.pytest_plugin.cells import test_optimizers
from gradagree.runtime import frameworks
from gradagree.runtime.optimizing import record
from impls.optimizers import numpy as by_hand
from reference.arithmetic import Arithmetic
from reference.formats import BY_NAME
from reference.optimizers.scenario import SETS
from reference.optimizers.sgd import SGD

__all__ = ["test_optimizers"]

Fault = Callable[[Any, dict[str, Any], int], None]


def judged(fault: Fault, leaves: str = "strided", dtype: str = "float32") -> Judgement:
    """The verdict on SGD with momentum by hand, whose training is meddled with after each step."""

    def begin(name: str, groups: list[dict[str, Any]]) -> Any:
        training, count = by_hand.plain(name, groups), iter(range(1000))

        def step(grads: dict[str, Any]) -> None:
            training.step(grads)
            fault(training, grads, next(count))

        return SimpleNamespace(params=training.params, step=step, state=training.state)

    options: dict[str, Any] = {"lr": 0.25, "momentum": 0.9}
    run = record(begin, "sgd", [options], SETS[leaves], frameworks.framework("numpy"), "cpu", dtype)
    return judge(run, [SGD(options["lr"], options["momentum"])], Arithmetic(BY_NAME[dtype], BY_NAME[dtype]))


def none(training: Any, grads: dict[str, Any], step: int) -> None:
    pass


def coefficient(training: Any, grads: dict[str, Any], step: int) -> None:  # noqa: ARG001
    training.kept["beside"]["momentum_buffer"] *= np.float32(1 + 1e-5)


def unmoved(training: Any, grads: dict[str, Any], step: int) -> None:  # noqa: ARG001
    training.params["beside"][:2] += np.float32(0.25) * training.kept["beside"]["momentum_buffer"][:2]


def beside(training: Any, grads: dict[str, Any], step: int) -> None:  # noqa: ARG001
    p = training.params["every_second"]
    np.lib.stride_tricks.as_strided(p, (2,), (p.itemsize,))[1] = 1.0


def gradient(training: Any, grads: dict[str, Any], step: int) -> None:  # noqa: ARG001
    grads["beside"] *= 2


def not_a_number(training: Any, grads: dict[str, Any], step: int) -> None:  # noqa: ARG001
    training.params["beside"][0] = np.nan


def aliased(training: Any, grads: dict[str, Any], step: int) -> None:  # noqa: ARG001
    training.kept["beside"]["momentum_buffer"] = grads["beside"]


def unknown(training: Any, grads: dict[str, Any], step: int) -> None:  # noqa: ARG001
    training.kept["beside"]["secret"] = grads["beside"].copy()


def raising(training: Any, grads: dict[str, Any], step: int) -> None:  # noqa: ARG001
    if step == 3:
        raise ArithmeticError("enough")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("leaves", SETS)
def test_judge_of_a_correct_optimizer_agrees(leaves: str, dtype: str) -> None:
    judgement = judged(none, leaves, dtype)
    assert (judgement.verdict, judgement.reason) == (Verdict.AGREES, "")


@pytest.mark.parametrize(
    ("fault", "quantity"),
    [
        (coefficient, "momentum_buffer"),
        (unmoved, "param"),
        (beside, "memory"),
        (gradient, "grad"),
        (not_a_number, "param"),
        (aliased, "momentum_buffer"),
    ],
)
def test_judge_of_a_planted_fault_disagrees_in_its_quantity(fault: Fault, quantity: str) -> None:
    judgement = judged(fault)
    assert judgement.verdict is Verdict.DISAGREES
    assert quantity in judgement.violated


@pytest.mark.parametrize(
    ("fault", "words"), [(unknown, "state: got 'secret'"), (raising, "step 3: raised ArithmeticError: enough")]
)
def test_judge_of_a_broken_run_is_invalid(fault: Fault, words: str) -> None:
    judgement = judged(fault)
    assert judgement.verdict is Verdict.INVALID
    assert judgement.reason.startswith(words)
