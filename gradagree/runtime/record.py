"""Runs an implementation and copies its every number to the host, exactly and at once."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from typing import Any

from gradagree.runtime.failure import described
from gradagree.runtime.frameworks.framework import Framework
from gradagree.runtime.inputs import inputs
from gradagree.runtime.recorder import RunRecorder
from gradagree.runtime.trajectory import Trajectory
from reference.problem import Problem


def record(run: Callable[..., Any], problem: Problem, framework: Framework, device: str = "cpu") -> Trajectory:
    """Run an implementation on a problem and return what it did.

    Whatever the implementation does, this returns: an exception, `sys.exit()` among them, a wrong shape, dtype or
    device, too few or too many steps and overwritten data become faults, and the steps recorded before them are kept.

    Parameters
    ----------
    run
        called as `run(x, y, w, b, lr, steps)` with native arrays, of which w and b are its own to change. It is a
        generator that yields `w, b, grad_w, grad_b, loss` before each update (or without the loss, or `w, b` alone) and
        returns `w, b`; or a function that returns these as lists with an entry for each step, w and b perhaps with one
        more, the end.
    problem
        already cast to the dtype of the run.
    framework
        whose arrays to hand in.
    device
        where they shall live.

    Raises
    ------
    KeyboardInterrupt
        which in this process is the user's.
    """
    transcript = RunRecorder(problem, framework, device)
    if record_into(transcript, run):
        raise KeyboardInterrupt
    return transcript.trajectory()


def record_into(transcript: RunRecorder, run: Callable[..., Any]) -> bool:
    """Run an implementation on the recorder's problem; whether it ended by a `KeyboardInterrupt`."""
    problem, framework, device = transcript.problem, transcript.framework, transcript.device
    interrupted = False
    try:
        with framework.session(device, problem.x.dtype.name, len(problem.x)):
            given = inputs(framework, problem, device)
            try:
                _watch(transcript, run(*given, problem.lr, problem.steps))
            except BaseException as error:
                interrupted = isinstance(error, KeyboardInterrupt)
                transcript.traceback = "".join(traceback.format_exception(error))
                transcript.fault("raised", f"raised {described(error)}")
            transcript.compare_inputs(given)
    except BaseException as error:
        interrupted = interrupted or isinstance(error, KeyboardInterrupt)
        transcript.traceback = transcript.traceback or "".join(traceback.format_exception(error))
        told = f"{framework.name} on {device} raised {described(error)}, outside the loop"
        transcript.fault("raised", told, at_step=False)
    return interrupted


def _watch(transcript: RunRecorder, result: Any) -> None:
    if isinstance(result, Iterator):
        _watch_generator(transcript, result)
    elif isinstance(result, tuple) and len(result) in (2, 4, 5) and all(_listed(values) for values in result):
        _read_lists(transcript, result)
    else:
        given = f"a tuple of {len(result)}" if isinstance(result, tuple) else f"a {type(result).__name__}"
        transcript.fault("type", f"expected a generator, or a tuple of lists of per-step values, got {given}", False)


def _watch_generator(transcript: RunRecorder, generator: Iterator[Any]) -> None:
    steps = transcript.problem.steps
    try:
        for _ in range(steps):
            if not transcript.take(next(generator)):
                return
        next(generator)
    except StopIteration as stop:
        if transcript.step < steps:
            transcript.fault("steps", f"stopped after {transcript.step} of {steps} steps", False)
        transcript.take_end(stop.value)
    else:
        transcript.fault("steps", f"expected {steps} steps, got more", False)
    finally:
        close = getattr(generator, "close", None)
        if close is not None:
            close()


def _read_lists(transcript: RunRecorder, lists: tuple[Any, ...]) -> None:
    steps = transcript.problem.steps
    count = min(len(lists[0]), steps)
    for step in range(count):
        # A list of gradients that is short ends the record where it ends.
        if any(step >= len(values) for values in lists) or not transcript.take(tuple(values[step] for values in lists)):
            break
    if transcript.step < steps:
        transcript.fault("steps", f"returned {transcript.step} of {steps} steps", False)
    elif max(len(lists[0]), len(lists[1])) > steps + 1 or any(len(values) > steps for values in lists[2:]):
        transcript.fault("steps", f"expected {steps} steps, got more", False)
    elif len(lists[0]) == len(lists[1]) == steps + 1:
        transcript.take_end((lists[0][steps], lists[1][steps]))


def _listed(values: Any) -> bool:
    return isinstance(values, (list, tuple))
