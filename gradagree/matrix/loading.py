"""The function of an implementation, ready to be run: the suite's own in this process, a user's in a worker."""

from __future__ import annotations

import builtins
import importlib
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from gradagree.matrix.cells import Cell
from gradagree.matrix.options import TIME_LIMIT
from gradagree.matrix.row import Row
from gradagree.runtime import frameworks
from gradagree.runtime.failure import described
from gradagree.runtime.record import record
from gradagree.runtime.trajectory import Trajectory
from gradagree.runtime.worker.client import WorkerError
from gradagree.runtime.worker.user_function import UserFunction
from reference.problem import Problem

Run = Callable[[Problem], Trajectory]


class Workers:
    """The workers of the users' implementations: each is started for its first cell, and kept for the others.

    Parameters
    ----------
    timeout
        seconds that a run may take.
    """

    def __init__(self, timeout: float = TIME_LIMIT) -> None:
        self.timeout = timeout
        self._functions: dict[tuple[str, str], UserFunction] = {}

    def function(self, cell: Cell) -> UserFunction:
        """The worker of a cell's implementation, which is told the device when it loads the file."""
        key = cell.implementation.target, cell.device
        if key not in self._functions:
            path, _, name = cell.implementation.target.rpartition(":")
            framework = cell.implementation.framework
            self._functions[key] = UserFunction(path, name, framework, cell.device, self.timeout)
        return self._functions[key]

    def close(self) -> None:
        """Let them all end."""
        for function in self._functions.values():
            function.close()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, _kind: type | None, _error: BaseException | None, _traceback: TracebackType | None) -> None:
        self.close()


def load(target: str) -> Callable[..., Any]:
    """The function of the suite's that `"module:function"` names."""
    module, _, function = target.rpartition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


def is_users(target: str) -> bool:
    """Whether `"file.py:function"` names a loop in a file of somebody's own."""
    return target.rpartition(":")[0].endswith(".py")


def ready(cell: Cell, workers: Workers, blank: Row) -> Run | Row:
    """What runs the cell's implementation; or, where its file does not get as far, the row that says so."""
    if is_users(cell.implementation.target):
        return _in_a_worker(workers.function(cell), blank)
    return _in_process(cell, blank)


def _in_process(cell: Cell, blank: Row) -> Run | Row:
    implementation = cell.implementation
    framework = frameworks.framework(implementation.framework)
    try:
        run = load(implementation.target)
    except Exception as error:
        # A package that it needs beside its framework, as `optax`. What the framework itself no longer has is news.
        module = (getattr(error, "name", None) or "").partition(".")[0]
        if isinstance(error, (ImportError, OSError)) and module != implementation.framework:
            return blank.not_run(f"what it imports is not here: {described(error)}")
        return blank.invalid(f"its file raised {described(error)} when it was imported")
    return lambda problem: record(run, problem, framework, cell.device)


def _in_a_worker(function: UserFunction, blank: Row) -> Run | Row:
    """A file from outside answers for what it imports."""
    try:
        with _heard(function):
            function.load()
    except WorkerError as error:
        if error.failure is not None:
            told = "raised " + ": ".join(filter(None, (error.failure.kind, error.failure.message)))
        elif error.timed_out:
            told = f"took more than {function.import_limit:g} s"
        else:
            told = f"did not get to its end ({error.reason})"
        return blank.invalid(f"its file {told} when it was imported")

    def run(problem: Problem) -> Trajectory:
        with _heard(function):
            return function.record(problem).trajectory

    return run


@contextmanager
def _heard(function: UserFunction) -> Iterator[None]:
    """Show here what the worker printed and warned of in the block."""
    try:
        yield
    finally:
        noted, function.warnings = function.warnings, []
        for text, kind, filename, lineno in noted:
            category = getattr(builtins, kind, UserWarning)
            warnings.warn_explicit(text, category, filename, lineno)
        sys.stderr.write(function.output.taken())
