"""What parent and worker tell each other: one JSON object a line; of arrays the very bits."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradagree.runtime.trajectory import ProtocolError, Trajectory
from reference.dyadic import FloatArray
from reference.formats import dtype_of
from reference.problem import Problem, regression
from reference.validate import FloatData


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
    """A trajectory with its protocol errors."""
    return {
        "params": _packed_by_name(trajectory.params),
        "grads": None if trajectory.grads is None else _packed_by_name(trajectory.grads),
        "loss": None if trajectory.loss is None else packed(trajectory.loss),
        "protocol_errors": [dataclasses.asdict(fault) for fault in trajectory.protocol_errors],
        "traceback": trajectory.traceback,
        "unrecorded": _packed_by_name(trajectory.unrecorded),
    }


def unpacked_trajectory(message: dict[str, Any]) -> Trajectory:
    """The trajectory that `packed_trajectory` wrote."""
    return Trajectory(
        _unpacked_by_name(message["params"]),
        None if message["grads"] is None else _unpacked_by_name(message["grads"]),
        None if message["loss"] is None else unpacked(message["loss"]),
        tuple(ProtocolError(**error) for error in message["protocol_errors"]),
        message["traceback"],
        _unpacked_by_name(message["unrecorded"]),
    )


def _packed_by_name(arrays: Mapping[str, FloatArray]) -> dict[str, Any]:
    return {name: packed(values) for name, values in arrays.items()}


def _unpacked_by_name(message: dict[str, Any]) -> dict[str, FloatArray]:
    return {name: unpacked(values) for name, values in message.items()}
