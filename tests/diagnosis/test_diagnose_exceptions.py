"""Loud mistakes: the catalogue's own loops raise what the catalogue says, and get their code."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

import pytest

from gradagree.diagnosis.catalogue import MISTAKES
from gradagree.diagnosis.exceptions import explain_exception
from gradagree.runtime.frameworks import framework
from tests.support.diagnosing import complete, problem, snippet

pytestmark = pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")


@pytest.mark.parametrize("code", [m.code for m in MISTAKES.values() if m.kind == "raising"])
def test_loud_loop_gets_its_code(code: str) -> None:
    mistake = MISTAKES[code]
    on, host = problem("stackoverflow", "float32"), framework(mistake.framework)
    with host.session("cpu", "float32"):
        arrays = [host.array(values, "cpu") for values in (on.x, on.y, on.w0, on.b0)]
        loop = snippet(mistake.framework, mistake.wrong)(*arrays, on.lr, on.steps)
        error, step = _first_exception(loop)
    frame = next(f for f in traceback.extract_tb(error.__traceback__) if f.filename == "<snippet>")
    text = ["", *_lines(mistake.framework, mistake.wrong)][frame.lineno or 0]
    seen = None if code not in ("GD502", "GD505") else code == "GD505"
    found = explain_exception(type(error).__name__, str(error), step, text, mistake.framework, backward_seen=seen)
    assert found.code == code, (type(error), error, found)
    if seen is not None:  # without that knowledge both are named
        blind = explain_exception(type(error).__name__, str(error), step, text, mistake.framework)
        assert {"GD502", "GD505"} <= set(blind.candidates)


@pytest.mark.parametrize("message", ["division by zero", "name 'loss' is not defined"])
def test_other_exceptions_get_no_code(message: str) -> None:
    found = explain_exception("NameError", message, 0, "loss.backward()", "torch")
    assert found.code is None
    assert "NameError" in found.pattern


def _first_exception(loop: Iterator[object]) -> tuple[Exception, int]:
    step = 0
    try:
        for _ in loop:
            step += 1
    except Exception as error:  # which one is the catalogue's to say
        return error, step
    pytest.fail("nothing was raised")


def _lines(framework_name: str, text: str) -> list[str]:
    return complete(framework_name, text).splitlines()
