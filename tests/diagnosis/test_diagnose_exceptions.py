"""Raising mistakes: the catalogue's own loops raise what the catalogue says, and get their code."""

from __future__ import annotations

import traceback
from collections import deque

import pytest

from gradagree.diagnosis.catalogue import MISTAKES
from gradagree.diagnosis.diagnosis import Diagnosis
from gradagree.diagnosis.exceptions import explain_exception
from gradagree.runtime.frameworks import framework
from tests.support.diagnosing import complete, problem, wrong

pytestmark = pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")


@pytest.mark.parametrize("code", [code for code, mistake in MISTAKES.items() if mistake.kind == "raising"])
def test_explain_exception_of_the_wrong_loop_gives_its_code(code: str) -> None:
    mistake, on = MISTAKES[code], problem("stackoverflow", "float32")
    host, taken = framework(mistake.framework), deque[object]()
    with host.session("cpu", "float32"):
        loop = wrong(code)[0](*(host.array(values, "cpu") for values in (on.x, on.y, on.w0, on.b0)), on.lr, on.steps)
        with pytest.raises(Exception) as caught:  # noqa: PT011  which one is the catalogue's to say
            taken.extend(loop)
    kind, message = type(caught.value).__name__, str(caught.value)
    frame = next(f for f in traceback.extract_tb(caught.tb) if f.filename == "<snippet>")
    line = complete(mistake.framework, mistake.wrong).splitlines()[(frame.lineno or 0) - 1]

    def explained(backward_seen: bool | None) -> Diagnosis:
        return explain_exception(kind, message, len(taken), line, mistake.framework, backward_seen=backward_seen)

    if code in ("GD502", "GD505"):
        assert explained(code == "GD505").code == code
        assert {"GD502", "GD505"} <= set(explained(None).candidates)  # without that knowledge both are named
    else:
        assert explained(None).code == code, (kind, message, explained(None))
        later = ("it comes at step 1: the steps before it still had the leaf that was lost",)
        assert explained(None).notes == (later if code in ("GD501", "GD506") else ())


@pytest.mark.parametrize("message", ["division by zero", "name 'loss' is not defined"])
def test_explain_exception_of_no_mistake_gives_no_code(message: str) -> None:
    found = explain_exception("NameError", message, 0, "loss.backward()", "torch")
    assert found.code is None
    assert "NameError" in found.pattern
