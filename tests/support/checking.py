"""Runs the command line in this process (the checked code still gets one of its own) and keeps what it said."""

from __future__ import annotations

import contextlib
import io
import json
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradagree.cli.arguments import main
from gradagree.runtime.worker.limit import TimeLimit
from gradagree.runtime.worker.script import ScriptWorker

# The loop that most tests vary: NumPy, whose process starts fastest.
LOOP = """
import numpy as np

def descend(x, y, w, b, lr, steps):
    for _ in range(steps):
        e = x @ w + b - y
        dw = 2 / y.size * (x.T @ e)
        db = 2 / y.size * e.sum(axis=0)
        yield w, b, dw, db, (e ** 2).mean()
        w = w - lr * dw
        b = b - lr * db
    return w, b
"""

# What the limit on the time does when it is over, done at once: how fast the machine is makes no difference.
TIME_IS_UP = """
def time_is_up():
    import threading
    [timer] = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    timer.function()
"""


@dataclass(frozen=True)
class Answer:
    """What a command said, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


def command(*arguments: object) -> Answer:
    """`python -m gradagree arguments`."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as end:  # argparse's own
            status = int(end.code or 0)
    return Answer(status, out.getvalue(), err.getvalue())


def written(folder: Path, text: str, name: str = "my_loop.py") -> Path:
    """A file with that text."""
    path = folder / name
    path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return path


def changed(old: str, new: str) -> str:
    """`LOOP` with one thing changed."""
    assert old in LOOP
    return LOOP.replace(old, new)


def watched(path: str, framework: str) -> dict[str, Any]:
    """What is seen of a script that is run in this process."""
    return ScriptWorker(path, framework).run(TimeLimit(600.0, print))
