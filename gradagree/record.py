"""Runs an implementation and copies its every number to the host, exactly and at once."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gradagree.deadline import DeadlineError, deadline
from gradagree.frameworks import Framework, Host
from gradagree.layout import laid_out
from gradagree.trajectory import Fault, Trajectory
from reference.dyadic import FloatArray
from reference.problem import Problem

QUANTITIES = ("w", "b", "w.grad", "b.grad", "loss")


def record(
    run: Callable[..., Any],
    problem: Problem,
    framework: Framework,
    device: str = "cpu",
    time_limit: float | None = None,
) -> Trajectory:
    """Run an implementation on a problem and return what it did.

    Whatever the implementation does, this returns: an exception, a wrong shape, dtype or device, too few or too many
    steps, overwritten inputs and a time limit reached become faults, and the steps recorded before them are kept.

    Parameters
    ----------
    run
        called as `run(x, y, w, b, lr, steps)` with native arrays. It is a generator that yields `w, b, grad_w, grad_b,
        loss` before each update (or without the loss, or `w, b` alone) and returns `w, b`; or a function that returns
        these as lists with an entry for each step, w and b perhaps with one more, the end.
    problem
        already cast to the dtype of the run.
    framework
        whose arrays to hand in.
    device
        where they shall live.
    time_limit
        seconds after which the run is given up, `None` for never.
    """
    recorder = _Recorder(problem, framework, device)
    with framework.session(device, problem.x.dtype.name, len(problem.x)):
        inputs = [
            laid_out(framework, problem.x, device, problem.layout),
            *(framework.array(values, device) for values in (problem.y, problem.w0, problem.b0)),
        ]
        try:
            with deadline(time_limit):
                recorder.watch(run(*inputs, problem.lr, problem.steps))
        except DeadlineError:
            recorder.fault("time", f"still running after {time_limit:g} s; fewer steps or a higher limit will do")
        except Exception as error:  # an implementation may raise anything
            recorder.traceback = traceback.format_exc()
            recorder.fault("raised", f"raised {type(error).__name__}: {error}")
        if not recorder.ended_by("time"):
            recorder.compare_inputs(inputs)
    return recorder.trajectory()


class _Recorder:
    def __init__(self, problem: Problem, framework: Framework, device: str) -> None:
        self.problem, self.framework, self.device = problem, framework, device
        d, m = problem.w0.shape
        self.shapes = {"w": (d, m), "b": (m,), "w.grad": (d, m), "b.grad": (m,), "loss": ()}
        self.values: dict[str, list[FloatArray]] = {name: [] for name in QUANTITIES}
        self.given: int | None = None
        self.faults: list[Fault] = []
        self.traceback: str | None = None
        self.unrecorded: dict[str, FloatArray] = {}

    @property
    def step(self) -> int:
        return len(self.values["w"])

    def ended_by(self, kind: str) -> bool:
        return any(fault.kind == kind for fault in self.faults)

    def fault(self, kind: str, message: str, at_step: bool = True) -> None:
        self.faults.append(Fault(kind, self.step if at_step else None, message))

    def watch(self, result: Any) -> None:
        if isinstance(result, Iterator):
            self._watch_generator(result)
        elif isinstance(result, tuple) and len(result) in (2, 4, 5) and all(_listed(values) for values in result):
            self._read_lists(result)
        else:
            given = f"a tuple of {len(result)}" if isinstance(result, tuple) else f"a {type(result).__name__}"
            self.fault("type", f"returned {given}; a generator, or a tuple of lists of per-step values, will do", False)

    def _watch_generator(self, generator: Iterator[Any]) -> None:
        steps = self.problem.steps
        try:
            for _ in range(steps):
                if not self._take(next(generator)):
                    return
            next(generator)
        except StopIteration as stop:
            if self.step < steps:
                self.fault("steps", f"stopped after {self.step} of {steps} steps", False)
            self._take_end(stop.value)
        else:
            self.fault("steps", f"yielded more than the {steps} steps it was asked for", False)
        finally:
            close = getattr(generator, "close", None)
            if close is not None:
                close()

    def _read_lists(self, lists: tuple[Any, ...]) -> None:
        steps = self.problem.steps
        count = min(len(lists[0]), steps)
        for step in range(count):
            # A list of gradients that is short ends the record where it ends.
            if any(step >= len(values) for values in lists) or not self._take(tuple(values[step] for values in lists)):
                break
        if self.step < steps:
            self.fault("steps", f"returned {self.step} of {steps} steps", False)
        elif max(len(lists[0]), len(lists[1])) > steps + 1 or any(len(values) > steps for values in lists[2:]):
            self.fault("steps", f"returned more than the {steps} steps it was asked for", False)
        elif len(lists[0]) == len(lists[1]) == steps + 1:
            self._take_end((lists[0][steps], lists[1][steps]))

    def _take(self, given: Any) -> bool:
        """One step's values; False when they cannot be recorded."""
        if not isinstance(given, tuple) or len(given) not in (2, 4, 5):
            shown = f"{len(given)} values" if isinstance(given, tuple) else f"a {type(given).__name__}"
            self.fault("type", f"yielded {shown}; w, b, grad_w, grad_b, loss will do, or the first four, or w, b")
            return False
        if self.given not in (None, len(given)):
            self.fault("type", f"yielded {len(given)} values after {self.given} a step; one number of values will do")
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

    def _take_end(self, given: Any) -> None:
        if not isinstance(given, tuple) or len(given) != 2:
            self.fault("type", f"returned {type(given).__name__} at the end; `return w, b` will do", False)
            return
        end = [self._host(name, value) for name, value in zip(("w", "b"), given, strict=True)]
        if all(values is not None for values in end):
            self.values["w"].append(end[0])  # type: ignore[arg-type]
            self.values["b"].append(end[1])  # type: ignore[arg-type]

    def _host(self, name: str, value: Any) -> FloatArray | None:
        try:
            host = self.framework.host(value)
        except TypeError as error:
            self.fault("type", f"{name}: {error}")
            return None
        shape = self.shapes[name]
        if host.values.shape != shape and not (name == "loss" and host.values.size == 1):
            self.fault("shape", f"{name}: got shape {host.values.shape}; {shape} will do")
            self.unrecorded[name] = host.values
            return None
        self._compare_kind(name, host)
        return host.values.reshape(shape)

    def _compare_kind(self, name: str, host: Host) -> None:
        """Wrong dtypes and devices are faults, but the numbers can still be recorded; each is reported once."""
        if name == "loss" and host.dtype == "float":
            return  # the loss as a Python float, from `.item()`: nothing is computed with it any more
        wanted = self.problem.x.dtype.name
        if host.dtype != wanted and not self.ended_by("dtype"):
            self.fault("dtype", f"{name}: got {host.dtype}; {wanted} was asked for")
        if host.device != self.device and not self.ended_by("device"):
            self.fault("device", f"{name}: lives on {host.device}; {self.device} was asked for")

    def compare_inputs(self, inputs: Sequence[Any]) -> None:
        """The arrays that were handed in must hold what they held."""
        before = (self.problem.x, self.problem.y, self.problem.w0, self.problem.b0)
        for name, native, values in zip(("x", "y", "w", "b"), inputs, before, strict=True):
            if not np.array_equal(self.framework.host(native).values, values.astype(np.float64)):
                self.fault("inputs", f"{name}: the array handed in was overwritten; a copy of it will do", False)

    def trajectory(self) -> Trajectory:
        def stacked(name: str) -> FloatArray:
            return np.array(self.values[name], dtype=np.float64).reshape(-1, *self.shapes[name])

        gradients, loss = self.given in (4, 5), self.given == 5
        return Trajectory(
            w=stacked("w"),
            b=stacked("b"),
            grad_w=stacked("w.grad") if gradients else None,
            grad_b=stacked("b.grad") if gradients else None,
            loss=stacked("loss") if loss else None,
            faults=tuple(self.faults),
            traceback=self.traceback,
            unrecorded=self.unrecorded,
        )


def _listed(values: Any) -> bool:
    return isinstance(values, (list, tuple))
