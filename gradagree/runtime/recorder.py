"""What a run hands over, step by step: copied to the host if it can be, and a fault if it should have been another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradagree.runtime.frameworks.framework import Framework, Host
from gradagree.runtime.trajectory import ProtocolError, Trajectory
from reference.dyadic import FloatArray
from reference.problem import Problem

# What a step hands over, as messages call it: of which quantity it is, and of which parameter.
QUANTITIES = {
    "w": ("iterate", "w"),
    "b": ("iterate", "b"),
    "w.grad": ("gradient", "w"),
    "b.grad": ("gradient", "b"),
    "loss": ("loss", ""),
}


class RunRecorder:
    """The values and the faults of a run so far.

    Parameters
    ----------
    problem, framework, device
        what was asked for: shapes, dtype and device are held against it.
    """

    def __init__(self, problem: Problem, framework: Framework, device: str) -> None:
        self.problem, self.framework, self.device = problem, framework, device
        self.dtype = problem.x.dtype.name
        d, m = problem.w0.shape
        self.shapes = {"w": (d, m), "b": (m,), "w.grad": (d, m), "b.grad": (m,), "loss": ()}
        self.values: dict[str, list[FloatArray]] = {name: [] for name in QUANTITIES}
        self.given: int | None = None
        self.faults: list[ProtocolError] = []
        self.traceback: str | None = None
        self.unrecorded: dict[str, FloatArray] = {}

    @property
    def step(self) -> int:
        """How many steps have been recorded."""
        return len(self.values["w"])

    def ended_by(self, kind: str) -> bool:
        """Whether there is a fault of this kind."""
        return any(fault.kind == kind for fault in self.faults)

    def fault(self, kind: str, message: str, at_step: bool = True) -> None:
        """Note what was wrong, at this step or at none."""
        self.faults.append(ProtocolError(kind, self.step if at_step else None, message))

    def fault_in(self, name: str, kind: str, message: str, given: str = "") -> None:
        """Note what was wrong with one of `QUANTITIES` at this step."""
        self.faults.append(ProtocolError(kind, self.step, f"{name}: {message}", *QUANTITIES[name], given))

    def take(self, given: Any) -> bool:
        """One step's values; False when they cannot be recorded."""
        if not isinstance(given, tuple) or len(given) not in (2, 4, 5):
            shown = f"{len(given)} values" if isinstance(given, tuple) else f"a {type(given).__name__}"
            self.fault("type", f"expected w, b, grad_w, grad_b, loss, or the first four, or w, b; got {shown}")
            return False
        if self.given not in (None, len(given)):
            self.fault("type", f"expected {self.given} values, as at the steps before, got {len(given)}")
            return False
        self.given = len(given)
        taken = [self._host(name, value) for name, value in zip(QUANTITIES, given, strict=False)]
        if any(values is None for values in taken):
            self.unrecorded |= {n: v for n, v in zip(QUANTITIES, taken, strict=False) if v is not None}
            return False
        for name, values in zip(QUANTITIES, taken, strict=False):
            assert values is not None
            self.values[name].append(values)
        return True

    def take_end(self, given: Any) -> None:
        """The parameters after the last update, if they are given."""
        if not isinstance(given, tuple) or len(given) != 2:
            self.fault("type", f"expected `return w, b` at the end, got {type(given).__name__}", False)
            return
        end = [self._host(name, value) for name, value in zip(("w", "b"), given, strict=True)]
        if all(values is not None for values in end):
            self.values["w"].append(end[0])  # type: ignore[arg-type]
            self.values["b"].append(end[1])  # type: ignore[arg-type]

    def _host(self, name: str, value: Any) -> FloatArray | None:
        try:
            host = self.framework.host(value)
        except TypeError as error:
            self.fault_in(name, "type", str(error), type(value).__name__)
            return None
        shape = self.shapes[name]
        if host.values.shape != shape and not (name == "loss" and host.values.size == 1):
            self.fault_in(name, "shape", f"expected shape {shape}, got {host.values.shape}")
            self.unrecorded[name] = host.values
            return None
        self._compare_kind(name, host)
        return host.values.reshape(shape)

    def _compare_kind(self, name: str, host: Host) -> None:
        """Wrong dtypes and devices are faults, but the numbers can still be recorded; each is reported once."""
        if name == "loss" and host.dtype == "float":
            return  # the loss as a Python float, from `.item()`: nothing is computed with it any more
        if host.dtype != self.dtype and not self.ended_by("dtype"):
            self.fault_in(name, "dtype", f"expected dtype {self.dtype}, got {host.dtype}")
        if host.device != self.device and not self.ended_by("device"):
            self.fault_in(name, "device", f"expected device {self.device}, got {host.device}")

    def compare_inputs(self, inputs: Sequence[Any]) -> None:
        """The data must hold what they held.

        Parameters need not: they are the loop's own, to update in place or to donate, and the next run gets fresh ones.
        """
        for name, native, values in zip(("x", "y"), inputs, (self.problem.x, self.problem.y), strict=False):
            try:
                after = self.framework.host(native).values
            except RuntimeError as error:  # JAX's, of an array that was donated
                self.fault("inputs", f"{name}: the array handed in is gone ({error}); a copy of it will do", False)
                continue
            if not np.array_equal(after, values.astype(np.float64)):
                self.fault("inputs", f"{name}: the array handed in was overwritten; a copy of it will do", False)

    def trajectory(self) -> Trajectory:
        """What was recorded, and what was wrong with it."""

        def stacked(name: str) -> FloatArray:
            return np.array(self.values[name], dtype=np.float64).reshape(-1, *self.shapes[name])

        gradients, loss = self.given in (4, 5), self.given == 5
        return Trajectory(
            params={name: stacked(name) for name in ("w", "b")},
            grads={name: stacked(f"{name}.grad") for name in ("w", "b")} if gradients else None,
            loss=stacked("loss") if loss else None,
            protocol_errors=tuple(self.faults),
            traceback=self.traceback,
            unrecorded=self.unrecorded,
        )
