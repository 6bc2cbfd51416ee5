"""A function object, run in this process: what is handed over is what is run, a closure or a notebook's cell too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradagree.runtime import frameworks
from gradagree.runtime.record import record
from gradagree.runtime.worker.function import Watched
from gradagree.runtime.worker.process import Output
from gradagree.runtime.worker.user_function import FunctionRun
from reference.problem import Problem


class InProcess:
    """A function that is asked as a `UserFunction` is; it prints where its caller does, and nothing limits its time."""

    def __init__(self, run: Callable[..., Any], framework: str, device: str) -> None:
        self._run, self._framework, self._device = run, frameworks.framework(framework), device
        self.output = Output()

    def record(self, problem: Problem) -> FunctionRun:
        """What the function does with a problem.

        Raises
        ------
        KeyboardInterrupt
            which in this process is the user's.
        """
        code = getattr(self._run, "__code__", None)
        watched = Watched(self._run, code.co_filename if code else "")
        with self._framework.count_backwards() as done:
            trajectory = record(watched, problem, self._framework, self._device)
        return FunctionRun(trajectory, watched.failure, None if done is None else bool(done))

    def __enter__(self) -> InProcess:
        return self

    def __exit__(self, *_: object) -> None:
        pass
