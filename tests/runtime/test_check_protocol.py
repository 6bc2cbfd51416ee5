"""What goes between parent and worker arrives bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gradagree.runtime.trajectory import Fault, Trajectory
from gradagree.runtime.worker import protocol
from reference import problems
from reference.formats import BY_NAME
from tests.support.checking import command, written


@pytest.mark.parametrize("dtype", BY_NAME)
def test_a_problem(dtype: str) -> None:
    problem = problems.load("layouts_strided").cast(dtype).replace(lr=0.1 + 0.2)
    again = protocol.unpacked_problem(protocol.read(protocol.line(protocol.packed_problem(problem))))
    for name in ("name", "optimizer", "steps", "layout", "x", "y", "w0", "b0"):
        before, after = getattr(problem, name), getattr(again, name)
        assert np.array_equal(before, after)
        assert getattr(before, "dtype", None) == getattr(after, "dtype", None)


def test_a_trajectory() -> None:
    odd = np.array([[[np.nan], [-0.0]], [[np.inf], [5e-324]]])
    trajectory = Trajectory(
        odd, odd[:, 0], odd[:1], None, np.array([0.1]), (Fault("shape", 1, "é"),), "text\n", {"w.grad": odd}
    )
    again = protocol.unpacked_trajectory(protocol.read(protocol.line(protocol.packed_trajectory(trajectory))))
    for name in (*protocol.ARRAYS, "unrecorded"):
        before, after = getattr(trajectory, name), getattr(again, name)
        if name == "unrecorded":
            before, after = before["w.grad"], after["w.grad"]
        assert (before is None) == (after is None)
        assert before is None or before.tobytes() == after.tobytes()
    assert (again.protocol_errors, again.traceback) == (trajectory.protocol_errors, trajectory.traceback)


@pytest.mark.parametrize("text", [b"", b"print\n", b"[1]\n"])
def test_what_is_no_message(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"Expecting value|one JSON object will do"):
        protocol.read(text)


def test_whether_backward_came_before_travels_too(tmp_path: Path) -> None:
    """The same exception at the same step: only a backward that was seen tells a lost leaf from an early update."""
    pytest.importorskip("torch")
    path = written(
        tmp_path,
        """
        import torch

        def descend(x, y, w, b, lr, steps):
            w = w.clone().requires_grad_() * 1
            for _ in range(steps):
                ((x @ w + b - y) ** 2).mean().backward()
                w = w - lr * w.grad
                yield w, b
        """,
    )
    found = command("check", path, "--json").json
    assert (found["verdict"], found["code"]) == ("INVALID", "GD505")
    assert "step 0: raised TypeError" in found["message"]
