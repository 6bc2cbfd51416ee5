"""Loads a function from a file, and records what it does with a problem."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gradagree.runtime import frameworks
from gradagree.runtime.record import record_into
from gradagree.runtime.recorder import RunRecorder
from gradagree.runtime.worker.limit import TimeLimit
from gradagree.runtime.worker.protocol import packed_trajectory, unpacked_problem
from gradagree.runtime.worker.users_code import UsersCode


def load(path: Path, function: str) -> Callable[..., Any]:
    """The function of that name in the file at `path`, which is imported under a name that hides no other module.

    Raises
    ------
    AttributeError
        if running the file leaves no such function.
    """
    # Registered before it runs, as importlib asks: dataclasses and pickle look their module up.
    name = f"checked_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    found: Callable[..., Any] = getattr(module, function)
    return found


class FunctionWorker:
    """A function of a file, ready to be run on any problem."""

    def __init__(self, path: str, function: str, framework: str, device: str) -> None:
        self.path, self.framework, self.device = path, frameworks.framework(framework), device
        self.run = load(Path(path), function)

    def record(self, request: dict[str, Any], limit: TimeLimit) -> dict[str, Any]:
        """Run the problem in the request, and reply with the trajectory and what raised, if anything did."""
        recorder = RunRecorder(unpacked_problem(request), self.framework, self.device)
        watched = Watched(self.run, self.path, limit)

        def answer() -> dict[str, Any]:
            raised = None if watched.failure is None else watched.failure.as_json()
            trajectory = packed_trajectory(recorder.trajectory())
            # It tells an early update from a lost leaf.
            seen = None if done is None else bool(done)
            return {"trajectory": trajectory, "failure": raised, "backward_seen": seen}

        def so_far() -> dict[str, Any]:
            recorder.fault("time", f"still running after {limit.seconds:g} s; fewer steps or a higher limit will do")
            return answer()

        with self.framework.count_backwards() as done, limit.run(so_far):
            record_into(recorder, watched)
        return answer()


class Watched(UsersCode):
    """The function, its exceptions noted with their line as they pass: the recorder keeps their text alone."""

    def __init__(self, run: Callable[..., Any], path: str, limit: TimeLimit | None = None) -> None:
        super().__init__(path, limit)
        self.run = run

    def __call__(self, *args: Any) -> Any:
        """What the function gives, its exceptions noted."""
        with self.users_code():
            result = self.run(*args)
        return self._steps(result) if hasattr(result, "__next__") else result

    def _steps(self, steps: Any) -> Any:
        try:
            while True:
                with self.users_code():
                    try:
                        values = next(steps)
                    except StopIteration as stop:
                        return stop.value
                yield values
        finally:
            if hasattr(steps, "close"):
                with self.users_code():
                    steps.close()
