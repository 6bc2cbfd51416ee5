"""What no record can tell apart is named together; what another problem tells apart is told."""

from __future__ import annotations

from typing import Any

import pytest

from gradagree.checking.run import Run
from gradagree.diagnosis.catalogue import MISTAKES
from gradagree.diagnosis.engine import diagnose
from gradagree.runtime.record import record
from tests.support.diagnosing import claim, diagnosis, problem, run, snippet


def _without_gradients(code: str) -> Any:
    loop = snippet(MISTAKES[code].framework, MISTAKES[code].wrong)

    def descend(*arguments: Any) -> Any:
        steps = loop(*arguments)
        while True:
            try:
                w, b, *_ = next(steps)
            except StopIteration as stop:
                return stop.value
            yield w, b

    return descend


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("code", "family"),
    [
        ("GD101", {"GD101", "GD210"}),  # no zeroing, momentum 1
        ("GD105", {"GD105", "GD205"}),  # backward twice, step twice
        ("GD207", {"GD207", "GD146"}),  # b never updated, b detached
    ],
)
def test_parameters_alone_widen_the_family(code: str, family: set[str], dtype: str) -> None:
    found = diagnosis(_without_gradients(code), MISTAKES[code].framework, dtype, confirmed=True)
    # In float32 the second rounding of `step(); step()` tells it from one step with twice the gradient.
    assert code in found.candidates
    assert family <= set(found.candidates) or (code, dtype) == ("GD105", "float32")
    with_gradients = diagnosis(snippet(MISTAKES[code].framework, MISTAKES[code].wrong), "torch", dtype)
    assert with_gradients.code == code
    assert not family - {code} & set(with_gradients.candidates)


def test_the_classic_problem_cannot_tell_lr_twice_from_the_mean_twice() -> None:
    """There N lr = 1; a second problem breaks the tie."""
    mistake = MISTAKES["GD122"]
    loop = snippet(mistake.framework, mistake.wrong)
    assert {"GD122", "GD204"} <= set(diagnosis(loop, "torch", "float32").candidates)
    confirmed = diagnosis(loop, "torch", "float32", confirmed=True)
    assert confirmed.candidates == ("GD122",)
    assert any("GD204" in note for note in confirmed.notes)


@pytest.mark.parametrize(("reduction", "code"), [("half-mse", "GD120"), ("sum", "GD121")])
def test_diagnose_another_reduction_is_no_mistake_when_asked_for(reduction: str, code: str) -> None:
    mistake = MISTAKES[code]
    loop = snippet(mistake.framework, mistake.wrong)
    assert diagnosis(loop, mistake.framework, "float32").code == code
    asked = diagnosis(loop, mistake.framework, "float32", reduction=reduction)
    assert asked.code is None
    assert asked.first_violation is None
    correct = diagnosis(snippet("numpy", MISTAKES["GD120"].right), "numpy", "float32", reduction=reduction)
    assert correct.first_violation is not None


@pytest.mark.parametrize(("lr", "note"), [(0.2, "GD001"), (0.01, "GD002")])
def test_theory_excuses_a_correct_run(lr: float, note: str) -> None:
    on = problem("stackoverflow", "float64").replace(lr=lr)
    found = diagnose(Run(run(snippet("numpy", MISTAKES["GD120"].right), "numpy", on), on, claim("float64")))
    assert found.code is None
    assert [n[:5] for n in found.notes] == [note]


def test_a_gradient_of_none_is_a_leaf_that_never_was() -> None:
    from gradagree.runtime.frameworks import framework

    source = """
w = w * 1.0
for _ in range(steps):
    ((x @ w + b - y) ** 2).mean().backward()
    yield w, b, None, b.grad
"""
    on = problem("stackoverflow", "float32")
    found = diagnose(Run(record(snippet("torch", source), on, framework("torch")), on, claim("float32")))
    assert found.code == "GD505"
