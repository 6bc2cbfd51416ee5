"""Rows and files of rows, for the tests of what is made of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from gradagree.cells import Cell, run_cell
from gradagree.report.header import SCHEMA_VERSION, header
from gradagree.report.reader import Run, read_all
from gradagree.report.writer import Writer
from gradagree.row import Row
from impls import Implementation

GOOD = Row("torch_manual", "torch", "2.13.0", "cpu", "float32", "stackoverflow", 500, "AGREES", checks=2504,
           gradient=0.059, update=0.96, loss=0.02, final=0.0035, resolution=1.3e-5, bits=21.5, rows=100)  # fmt: skip


def row(**changes: Any) -> Row:
    """A row that agrees, but for `changes`."""
    return dataclasses.replace(GOOD, **changes)


def wrong(**changes: Any) -> Row:
    """A row that disagrees."""
    reason = "step 3, w.grad[0, 0]: got 2.001, exact 2, allowed ±1e-06, error/bound 1e+03"
    return dataclasses.replace(
        GOOD, **{"verdict": "DISAGREES", "gradient": 1e3, "bits": 11.0, "reason": reason} | changes
    )


def head(**changes: Any) -> dict[str, Any]:
    """A header as another machine may have written it."""
    return header({}) | {"schema_version": SCHEMA_VERSION} | changes


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


def judged_row(target: str, name: str = "numpy_on_trial", problem: str = "probe97", dtype: str = "float32") -> Row:
    """The row of a real run of `target`."""
    entry = Implementation(name, target, "numpy", ("cpu",), (dtype,))
    return run_cell(Cell(entry, "cpu", dtype, problem))
