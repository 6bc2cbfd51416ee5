"""Loads a function from a file, and records what it does with a problem."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from gradagree.runtime import frameworks
from gradagree.runtime.failure import Failure, failure
from gradagree.runtime.record import record
from gradagree.runtime.worker.protocol import packed_trajectory, unpacked_problem


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
    """A function, and the path of its file; ready to be run on any problem."""

    def __init__(self, run: Callable[..., Any], path: str, framework: str, device: str) -> None:
        self.run, self.path, self.framework, self.device = run, path, frameworks.framework(framework), device

    def record(self, request: dict[str, Any], time_limit: float | None) -> dict[str, Any]:
        """Run the problem in the request, and reply with the trajectory and what raised, if anything did."""
        caught = _Caught(self.run, self.path)
        with _backwards(self.framework.name) as done:
            trajectory = record(caught, unpacked_problem(request), self.framework, self.device, time_limit)
        raised = None if caught.failure is None else caught.failure.as_json()
        return {"trajectory": packed_trajectory(trajectory), "failure": raised, "backward_seen": bool(done)}


class InProcess:
    """A function object that is asked as a `Worker` is, and runs in this process: it prints where its caller does."""

    printed, output = 0, ""

    def __init__(self, run: Callable[..., Any], framework: str, device: str) -> None:
        code = getattr(run, "__code__", None)
        self._worker = FunctionWorker(run, code.co_filename if code else "", framework, device)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The reply to a problem, as `FunctionWorker.record` gives it."""
        return self._worker.record(request, None)

    def __enter__(self) -> InProcess:
        return self

    def __exit__(self, _kind: type | None, _error: BaseException | None, _traceback: TracebackType | None) -> None:
        pass


@contextmanager
def _backwards(framework: str) -> Iterator[list[None]]:
    """A list that grows with every backward that comes to its end: it tells an early update from a lost leaf."""
    done: list[None] = []
    if framework != "torch":
        yield done
        return
    autograd = importlib.import_module("torch.autograd")
    original = autograd.backward

    def counted(*args: Any, **kwargs: Any) -> None:
        original(*args, **kwargs)
        done.append(None)

    autograd.backward = counted  # type: ignore[attr-defined]
    try:
        yield done
    finally:
        autograd.backward = original  # type: ignore[attr-defined]


class _Caught:
    """The function, its exceptions noted with their line as they pass: the recorder keeps their text alone."""

    def __init__(self, run: Callable[..., Any], path: str) -> None:
        self.run, self.path = run, path
        self.failure: Failure | None = None

    def __call__(self, *args: Any) -> Any:
        with self:
            result = self.run(*args)
        return self._steps(result) if hasattr(result, "__next__") else result

    def _steps(self, steps: Any) -> Any:
        with self:
            return (yield from steps)

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: type | None, error: BaseException | None, _traceback: TracebackType | None) -> None:
        if error is not None and not isinstance(error, GeneratorExit):
            self.failure = failure(error, self.path)
