"""Runs tests in forked processes: which functions each of them enters, and whether one fails under a mutant.

The process that forks has imported the packages that everything needs, and nothing of ours: a child imports the mutated
module, and whatever uses it, anew.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tools.mutants.hook import install
from tools.mutants.tree import MODULE

WARM = (
    "numpy",
    "flint",
    "ml_dtypes",
    "pyarrow",
    "hypothesis",
    "msgspec",
    "pluggy",
    "torch",
    "jax",
    "jax.numpy",
    "optax",
)
PYTEST = ("-x", "-q", "-p", "no:cacheprovider", "--assert=plain")  # plain: else pytest would import plugins by its hook


@dataclass
class Watch:
    """A pytest plugin: the outcome of each test, its seconds, and the functions of `root` that it enters.

    What is entered while tests are imported counts for each of them.
    """

    root: Path | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    entered: dict[str, set[str]] = field(default_factory=dict)
    _here: set[str] = field(default_factory=set)

    def watch(self) -> None:
        if self.root is not None:
            sys.settrace(self._enter)

    def _enter(self, frame: FrameType, event: str, argument: object) -> None:  # noqa: ARG002 (what sys.settrace calls)
        code = frame.f_code
        if code.co_filename.startswith(str(self.root)):
            self._here.add(function_of(code.co_filename, code.co_qualname, self.root))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Notes what one test enters."""
        before, self._here = self._here, set()
        began = time.perf_counter()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.perf_counter() - began
            self.entered[item.nodeid] = self._here | before
            self._here = before

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notes what fails."""
        if report.failed:
            self.failed.append(report.nodeid)


def function_of(filename: str, qualified: str, root: Path | None) -> str:
    """`reference.rounding:gradient_bound`, as mutants are named, of a code object; what is nested without a name is
    its function's."""
    module = ".".join(Path(filename).relative_to(root or Path()).with_suffix("").parts).removesuffix(".__init__")
    names = []
    for name in qualified.replace(".<locals>", "").split("."):
        if name.startswith("<") and name != MODULE:
            break
        names.append(name)
    return f"{module}:{'.'.join(names) or MODULE}"


def warm() -> None:
    """Import what children need.

    Of JAX nothing is started yet, so that there are no threads that a fork could lose; it warns all the same.
    """
    warnings.filterwarnings("ignore", message=r"os\.fork\(\) was called", category=RuntimeWarning)
    for name in WARM:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def observe(root: Path, tests: str) -> dict[str, Any]:
    """Run a file of tests as they are: the seconds and functions of each, and what fails."""
    watch = Watch(root)
    watch.watch()
    status = pytest.main([*PYTEST, tests], plugins=[watch])
    sys.settrace(None)
    failed = watch.failed or ([] if status in (0, 5) else [f"{tests}: pytest ended with {status!s}"])
    return {"seconds": watch.seconds, "failed": failed, "entered": watch.entered}


def attempt(key: str, groups: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Run groups of tests under a mutant until one fails: the test, `""` if none does, and whether it was applied."""
    finder = install(key)
    for tests in groups:
        watch = Watch()
        status = pytest.main([*PYTEST, *tests], plugins=[watch])
        if finder.missing:
            raise LookupError(finder.missing)
        if status:
            return {"killed_by": (watch.failed or [f"{tests[0].partition('::')[0]}: {status!s}"])[0], "applied": True}
    return {"killed_by": "", "applied": finder.applied}


def each(
    jobs: Mapping[str, tuple[Callable[..., Any], tuple[Any, ...]]], seconds: Mapping[str, float], at_once: int
) -> Iterator[tuple[str, Any, float]]:
    """Run each job in a forked process, so many at once: its name, what it returns, and the seconds that it took.

    Of one that takes longer than its `seconds`, `None`; of one that raises, the exception's text.
    """
    context, waiting = multiprocessing.get_context("fork"), list(jobs.items())[::-1]
    running: dict[Connection, tuple[str, ForkProcess, float]] = {}
    while waiting or running:
        while waiting and len(running) < at_once:
            name, (function, arguments) = waiting.pop()
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_child, args=(theirs, function, arguments))
            process.start()
            theirs.close()
            running[ours] = (name, process, time.perf_counter())
        ready = wait(list(running), timeout=0.2)
        for pipe, (name, process, began) in list(running.items()):
            took, late = time.perf_counter() - began, False
            if pipe not in ready:
                late = took > seconds[name]
                if not late:
                    continue
            try:
                result = None if late else pipe.recv()
            except EOFError:
                result = "the process ended without an answer"
            process.kill()
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(int(str(process.pid)), signal.SIGKILL)
            process.join()
            del running[pipe]
            yield name, result, took


def _child(pipe: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    os.setsid()  # so that processes which a test leaves behind end with it
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    try:
        pipe.send(function(*arguments))
    except BaseException as error:
        pipe.send(f"{type(error).__name__}: {error}")
