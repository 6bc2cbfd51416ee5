"""What goes between parent and worker arrives bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gradagree.runtime.trajectory import ProtocolError, Trajectory
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


@pytest.mark.parametrize("reported", [True, False])
def test_packed_trajectory_is_unpacked_to_the_very_bits(reported: bool) -> None:
    odd = np.array([[[np.nan], [-0.0]], [[np.inf], [5e-324]]])
    grads, loss = ({"w": odd[:1], "b": odd[:1, 0]}, np.array([0.1])) if reported else (None, None)
    errors = (ProtocolError("shape", 1, "é"),)
    trajectory = Trajectory({"w": odd, "b": odd[:, 0]}, grads, loss, errors, "text\n", {"w.grad": odd})
    again = protocol.unpacked_trajectory(protocol.read(protocol.line(protocol.packed_trajectory(trajectory))))
    for name in ("params", "grads", "unrecorded"):
        before, after = getattr(trajectory, name) or {}, getattr(again, name) or {}
        assert {n: v.tobytes() for n, v in before.items()} == {n: v.tobytes() for n, v in after.items()}
    assert (again.grads is None, again.loss) == (not reported, loss)
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
