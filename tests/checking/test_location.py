"""Where a number stands: fields, made into text at the edge and read back nowhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradagree.checking.deviation import Deviation
from gradagree.checking.judge import judge
from gradagree.checking.run import Run
from gradagree.checking.verdict import Verdict
from gradagree.cli.numbers import position
from gradagree.cli.outcome import Finding, Outcome
from gradagree.runtime.recorder import QUANTITIES
from gradagree.runtime.trajectory import Trajectory
from impls.numpy_analytic import descend as correct
from reference import problems
from reference.problem import Problem
from tests.support.checking import LOOP, command, written
from tests.support.judging import plain, recorded


def at(quantity: str, parameter: str, *index: int | None) -> Deviation:
    return Deviation(quantity, 3, parameter, index, 2.0, 1.0, 0.5)


WRITTEN = [
    (at("start", "w", 0, 0), "w[0, 0]", "w"),
    (at("gradient", "w", 2, 1), "w.grad[2, 1]", "w.grad"),
    (at("gradient", "b", 1), "b.grad[1]", "b.grad"),
    (at("update", "b", 0), "b[0]", "b"),
    (at("loss", ""), "loss", "loss"),
    (at("final", "w"), "w at the end", "w at the end"),
    (at("final", "w", None, 1), "w[…, 1] at the end", "w at the end"),
    (at("final", "b", 1), "b[1] at the end", "b at the end"),
    (at("distance", ""), "distance from the minimiser", "distance from the minimiser"),
    (at("curvature", "w", 0, 1), "w of H[0, 1]", "w of H"),
]


@pytest.mark.parametrize(("deviation", "place", "subject"), WRITTEN, ids=[place for _, place, _ in WRITTEN])
def test_deviation_is_written_as_a_user_would_and_json_carries_every_field(
    deviation: Deviation, place: str, subject: str
) -> None:
    assert (deviation.place, deviation.subject) == (place, subject)
    assert f" 3, {place}: got 2, exact 1, allowed ±0.5" in str(deviation)
    assert str(deviation).startswith("direction" if deviation.quantity == "curvature" else "step")
    assert json.loads(Outcome(Verdict.DISAGREES, Finding(()), first_violation=deviation).as_json())["first_wrong"] == {
        "step": 3,
        "quantity": subject,
        "check": deviation.quantity,
        "parameter": deviation.parameter,
        "index": list(deviation.index),
        "got": 2.0,
        "expected": 1.0,
        "bound": 0.5,
    }


@pytest.mark.parametrize(("value", "told"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_json_says_which_number_is_not_finite(value: float, told: str) -> None:
    wrong = Deviation("gradient", 3, "b", (0,), value, value, 0.5, 1.5)
    found = json.loads(Outcome(Verdict.INVALID, Finding(()), first_violation=wrong).as_json())["first_wrong"]
    assert (found["got"], found["expected"], found["bound"]) == (told, 1.5, 0.5)


def end_of(name: str, parameter: str, *place: int) -> Deviation:
    """What the check of the end says of a run whose end is off in one number."""
    problem = problems.load(name)
    run = recorded(correct, problem.cast("float64"))
    values = getattr(run, parameter).copy()
    values[(-1, *place)] += 1.0
    spoiled = Trajectory({**run.params, parameter: values})
    judgement = judge(Run(spoiled, problem.cast("float64"), plain("float64")))
    found = judgement.checks["final"].first_violation
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "parameter", "number", "index", "place"),
    [
        ("probe97", "w", (0, 0), (), "w at the end"),
        ("probe97", "b", (0,), (), "b at the end"),
        ("targets", "w", (5, 2), (None, 2), "w[…, 2] at the end"),
        ("targets", "b", (3,), (3,), "b[3] at the end"),
        ("tails_params_3", "w", (1, 0), (None, 0), "w[…, 0] at the end"),
        ("tails_params_3", "b", (0,), (), "b at the end"),
    ],
)
def test_the_end_says_which_target_is_off(
    name: str, parameter: str, number: tuple[int, ...], index: tuple[int | None, ...], place: str
) -> None:
    wrong = end_of(name, parameter, *number)
    assert (wrong.quantity, wrong.parameter, wrong.index) == ("final", parameter, index)
    assert wrong.place == place


@pytest.mark.parametrize(
    ("deviation", "row"),
    [
        (at("gradient", "w", 2, 1), (2, 1)),
        (at("gradient", "b", 1), (8, 1)),
        (at("final", "w", None, 1), (0, 1)),
        (at("final", "w"), (0, 0)),
        (at("final", "b"), (8, 0)),
    ],
)
def test_the_row_and_target_that_a_table_shows(deviation: Deviation, row: tuple[int, int]) -> None:
    assert position(deviation, 8) == row


def test_a_wrong_target_is_named_in_text_and_json(tmp_path: Path) -> None:
    path = written(tmp_path, LOOP.replace("        yield", "        db = db * np.array([1, 1, 2, 1])\n        yield"))
    arguments = ("check", path, "--problem", "targets")
    assert "first wrong value: step 0, b.grad[2]: reported" in command(*arguments).out
    told = command(*arguments, "--json").json["first_wrong"]
    assert (told["check"], told["parameter"], told["index"]) == ("gradient", "b", [2])


@pytest.mark.parametrize("name", QUANTITIES)
@pytest.mark.parametrize(
    ("kind", "spoil", "given"),
    [
        ("type", lambda _: None, "NoneType"),
        ("type", lambda _: [1.0], "list"),
        ("shape", lambda value: np.stack([value] * 7), ""),
        ("dtype", lambda value: value.astype(np.float16), ""),
    ],
)
def test_a_fault_says_of_which_quantity_it_is(name: str, kind: str, spoil: Any, given: str) -> None:
    place = list(QUANTITIES).index(name)

    def descend(*arguments: Any) -> Any:
        for step, values in enumerate(correct(*arguments)):
            given = list(values)
            if step == 2:
                given[place] = spoil(np.asarray(given[place]))
            yield tuple(given)

    problem: Problem = problems.load("targets").cast("float32")
    fault = recorded(descend, problem).protocol_errors[0]
    assert (fault.kind, fault.step, fault.given) == (kind, 2, given)
    assert (fault.quantity, fault.parameter) == QUANTITIES[name]
    assert fault.message.startswith(f"{name}: ")


def test_words_of_a_message_make_no_fault_of_a_gradient(tmp_path: Path) -> None:
    """The loss is `None`, and its text happens to read like a gradient's."""
    path = written(tmp_path, LOOP.replace("(e ** 2).mean()", "None"))
    told = command("check", path, "--json").json
    assert (told["verdict"], told["code"]) == ("INVALID", None)
    assert "loss: got a NoneType" in told["message"]
