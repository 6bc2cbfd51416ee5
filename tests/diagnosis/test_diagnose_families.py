"""What no record can tell apart is named together; what another problem tells apart is told."""

from __future__ import annotations

from typing import Any

import pytest

from gradagree.checking.run import Run
from gradagree.diagnosis.engine import diagnose
from gradagree.runtime.frameworks import framework
from gradagree.runtime.record import record
from tests.support.diagnosing import claim, diagnosis, problem, right, run, snippet, wrong


def _without_gradients(loop: Any, framework: str) -> tuple[Any, str]:

    def descend(*arguments: Any) -> Any:
        steps = loop(*arguments)
        while True:
            try:
                w, b, *_ = next(steps)
            except StopIteration as stop:
                return stop.value
            yield w, b

    return descend, framework


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("code", "family"),
    [
        ("GD101", {"GD101", "GD210"}),  # no zeroing, momentum 1
        ("GD105", {"GD105", "GD205"}),  # backward twice, step twice
        ("GD207", {"GD207", "GD146"}),  # b never updated, b detached
    ],
)
def test_diagnose_parameters_alone_widen_the_family(code: str, family: set[str], dtype: str) -> None:
    found = diagnosis(*_without_gradients(*wrong(code)), dtype, confirmed=True)
    # In float32 the second rounding of `step(); step()` tells it from one step with twice the gradient.
    assert code in found.candidates
    assert family <= set(found.candidates) or (code, dtype) == ("GD105", "float32")
    with_gradients = diagnosis(*wrong(code), dtype)
    assert with_gradients.code == code
    assert not family - {code} & set(with_gradients.candidates)


def test_diagnose_lr_twice_and_mean_twice_are_told_apart_on_a_second_problem() -> None:
    """There N lr = 1; a second problem breaks the tie."""
    assert {"GD122", "GD204"} <= set(diagnosis(*wrong("GD122"), "float32").candidates)
    confirmed = diagnosis(*wrong("GD122"), "float32", confirmed=True)
    assert confirmed.candidates == ("GD122",)
    assert any("GD204" in note for note in confirmed.notes)


@pytest.mark.parametrize(("reduction", "code"), [("half-mse", "GD120"), ("sum", "GD121")])
def test_diagnose_another_reduction_is_no_mistake_when_asked_for(reduction: str, code: str) -> None:
    assert diagnosis(*wrong(code), "float32").code == code
    asked = diagnosis(*wrong(code), "float32", reduction=reduction)
    assert asked.code is None
    assert asked.first_violation is None
    correct = diagnosis(*right(), "float32", reduction=reduction)
    assert correct.first_violation is not None


@pytest.mark.parametrize(("lr", "note"), [(0.2, "GD001"), (0.01, "GD002")])
def test_diagnose_right_run_that_diverges_or_is_slow_gets_a_remark(lr: float, note: str) -> None:
    on = problem("stackoverflow", "float64").replace(lr=lr)
    found = diagnose(Run(run(*right(), on), on, claim("float64")))
    assert found.code is None
    assert [n[:5] for n in found.notes] == [note]


def test_diagnose_gradient_of_none_is_a_leaf_that_never_was() -> None:
    source = """
w = w * 1.0
for _ in range(steps):
    ((x @ w + b - y) ** 2).mean().backward()
    yield w, b, None, b.grad
"""
    on = problem("stackoverflow", "float32")
    found = diagnose(Run(record(snippet("torch", source), on, framework("torch")), on, claim("float32")))
    assert found.code == "GD505"
