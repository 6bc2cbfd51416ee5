"""What parent and worker tell each other: one JSON object a line; of arrays the very bits."""

from __future__ import annotations

import base64
import dataclasses
import json
from typing import Any

import numpy as np

from gradagree.runtime.trajectory import Fault, Trajectory
from reference.dyadic import FloatArray
from reference.formats import dtype_of
from reference.problem import Problem, regression
from reference.validate import FloatData

ARRAYS = ("w", "b", "grad_w", "grad_b", "loss")


def line(message: dict[str, Any]) -> bytes:
    """The message as one line. NaN and infinity travel as Python's JSON spells them."""
    return (json.dumps(message) + "\n").encode()


def read(text: bytes) -> dict[str, Any]:
    """The message of one line.

    Raises
    ------
    ValueError
        if it is none.
    """
    message = json.loads(text)
    if not isinstance(message, dict):
        raise ValueError(f"message: got {text[:80]!r}; one JSON object will do")
    return message


def packed(values: FloatData) -> dict[str, Any]:
    """An array: its shape, its dtype and its bits."""
    bits = base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
    return {"shape": list(values.shape), "dtype": values.dtype.name, "bits": bits}


def unpacked(message: dict[str, Any]) -> FloatData:
    """The array that `packed` wrote."""
    bits = base64.b64decode(message["bits"])
    return np.frombuffer(bits, dtype=dtype_of(message["dtype"])).reshape(message["shape"])


def packed_problem(problem: Problem) -> dict[str, Any]:
    """A problem, all of it: the worker need not know its name."""
    arrays = {name: packed(getattr(problem, name)) for name in ("x", "y", "w0", "b0")}
    return {"name": problem.name, "lr": problem.lr, "steps": problem.steps, "layout": problem.layout, **arrays}


def unpacked_problem(message: dict[str, Any]) -> Problem:
    """The problem that `packed_problem` wrote."""
    x, y, w0, b0 = (unpacked(message[name]) for name in ("x", "y", "w0", "b0"))
    return regression(message["name"], x, y, w0, b0, message["lr"], message["steps"], message["layout"])


def packed_trajectory(trajectory: Trajectory) -> dict[str, Any]:
    """A trajectory with its faults."""
    arrays = {name: getattr(trajectory, name) for name in ARRAYS}
    return {
        **{name: None if values is None else packed(values) for name, values in arrays.items()},
        "faults": [dataclasses.asdict(fault) for fault in trajectory.protocol_errors],
        "traceback": trajectory.traceback,
        "unrecorded": {name: packed(values) for name, values in trajectory.unrecorded.items()},
    }


def unpacked_trajectory(message: dict[str, Any]) -> Trajectory:
    """The trajectory that `packed_trajectory` wrote."""

    def array(name: str) -> FloatArray | None:
        return None if message[name] is None else unpacked(message[name])

    w, b = array("w"), array("b")
    assert w is not None
    assert b is not None
    faults = tuple(Fault(**fault) for fault in message["faults"])
    unrecorded = {name: unpacked(values) for name, values in message["unrecorded"].items()}
    return Trajectory(
        w, b, array("grad_w"), array("grad_b"), array("loss"), faults, message["traceback"], unrecorded=unrecorded
    )
