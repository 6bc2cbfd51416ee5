"""Rows and files of rows, for the tests of what is made of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from gradagree.matrix.cells import Cell
from gradagree.matrix.registry import Implementation
from gradagree.matrix.row import Row
from gradagree.matrix.running import run_cell
from gradagree.report.header import header
from gradagree.report.reader import read_all
from gradagree.report.run import Run
from gradagree.report.writer import Writer

GOOD = Row("torch_manual", "torch", "2.13.0", "cpu", "float32", "stackoverflow", 500, "AGREES", checks=2504,
           gradient=0.059, update=0.96, loss=0.02, final=0.0035, resolution=1.3e-5, bits=21.5, rows=100)  # fmt: skip


def row(**changes: Any) -> Row:
    """A row that agrees, but for `changes`."""
    return dataclasses.replace(GOOD, **changes)


def wrong(**changes: Any) -> Row:
    """A row that disagrees."""
    reason = "step 3, w.grad[0, 0]: got 2.001, exact 2, allowed ±1e-06, error/bound 1e+03"
    values: dict[str, Any] = {"verdict": "DISAGREES", "gradient": 1e3, "bits": 11.0, "reason": reason, "step": 3}
    return dataclasses.replace(GOOD, **(values | changes))


def head(**changes: Any) -> dict[str, Any]:
    """A header as another machine may have written it."""
    return {**header({}), **changes}


def written(path: Path, *rows: Row, whole: bool = True, **changes: Any) -> Path:
    """A file of rows."""
    with Writer(path, head(**changes)) as writer:
        for each in rows:
            writer.row(each)
        if whole:
            writer.end(0)
    return path


def runs(*paths: Path) -> list[Run]:
    return read_all(paths)


def on_trial(target: str, name: str = "numpy_on_trial", **more: Any) -> Implementation:
    """An implementation of the tests' own, in NumPy, which claims the plain arithmetic."""
    return Implementation(name, "", ("cpu",), ("float32",), target=target, **more)


def right_row(name: str = "numpy_right") -> Row:
    """The row of a real run, which agrees."""
    return _judged(on_trial("impls.numpy_analytic:descend", name))


def broken_row(name: str = "numpy_broken") -> Row:
    """The row of a real run whose gradients are half of what they ought to be."""
    return _judged(on_trial("tests.support.rows:half", name))


def half(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
    """Gradient descent on half the mean squared error."""
    for _ in range(steps):
        residual = x @ w + b - y
        grad_w, grad_b = x.T @ residual / x.dtype.type(y.size), residual.mean(axis=0)
        yield w, b, grad_w, grad_b, (residual**2).mean()
        w, b = w - lr * grad_w, b - lr * grad_b
    return w, b


def _judged(entry: Implementation) -> Row:
    return run_cell(Cell(entry, "cpu", "float32", "probe97"))
