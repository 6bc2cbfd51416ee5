"""The pytest side of a report: `--report`, and the row's figures as JUnit properties."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from gradagree.matrix.row import Row
from gradagree.report.header import header
from gradagree.report.reader import holds_rows
from gradagree.report.writer import Writer

FIGURES = ("gradient", "update", "loss", "final", "resolution", "bits", "distance", "distance_in_theory", "seconds")
OPTIONS = {
    name: f"gradagree_{name}" for name in ("impl", "device", "dtype", "problem", "require", "cell_timeout", "depth")
}
OPTIONS |= {"keyword": "keyword", "markexpr": "markexpr"}


def register(config: pytest.Config) -> Recorder | None:
    """The recorder, where a report was asked for. Workers of pytest-xdist have none: their rows come here.

    Nothing is written yet: `--collect-only`, `--help` and a selection of nothing leave an older file as it is.

    Raises
    ------
    pytest.UsageError
        if there can be no such file, or what is there is something else; better now than after the run.
    """
    path: Path | None = config.getoption("gradagree_report")
    if path is None or hasattr(config, "workerinput"):
        return None
    why_not = obstacle(path)
    if why_not:
        raise pytest.UsageError(f"--report {path}: {why_not}")
    recorder = Recorder(config, path)
    config.pluginmanager.register(recorder, "gradagree-recorder")
    return recorder


def obstacle(path: Path) -> str:
    """Why rows cannot be written there, and what would do; empty where they can, as far as one can tell beforehand."""
    if path.is_file() and path.stat().st_size and not holds_rows(path):
        return "it holds something else than rows, which they would replace; another name will do"
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    writable = os.access(path if path.exists() and not path.is_file() else folder, os.W_OK)
    if path.is_dir() or not folder.is_dir() or not writable:
        return "cannot be written; a file in a folder that can be written will do"
    return ""


def flags(config: pytest.Config) -> dict[str, Any]:
    """The options that decide which cells are run, and how; those that were not given are left out."""
    given = {name: config.getoption(option, default=None) for name, option in OPTIONS.items()}
    return {name: value for name, value in given.items() if value not in (None, [], "")}


def properties(row: Row) -> list[tuple[str, object]]:
    """A row's figures, as pytest's JUnit report takes them."""
    figures = [(f"gradagree.{name}", getattr(row, name)) for name in FIGURES]
    repeated = [] if row.repeated is None else [("gradagree.repeated", str(row.repeated).lower())]
    return [
        ("gradagree.verdict", str(row.verdict)),  # xdist sends no enum
        ("gradagree.version", f"{row.framework} {row.version}".strip()),
        *repeated,
        *((name, f"{value:.6g}") for name, value in figures if value is not None),
    ]


class Recorder:
    """Writes the rows of a session, from this process or from workers, once it is known that there will be any."""

    def __init__(self, config: pytest.Config, path: Path) -> None:
        self.config, self.path = config, path
        self.writer: Writer | None = None
        self.error: OSError | None = None

    def begin(self, chosen: int) -> None:
        """Put the run's file in the place of an older one; where that cannot be done, the run goes on without."""
        try:
            self.writer = Writer(self.path, header(flags(self.config), chosen))
        except OSError as error:
            self.error = error

    def row(self, row: Row) -> None:
        """Write a row."""
        if self.writer is not None:
            self.writer.row(row)

    def end(self, exit_status: int, ended: str, missing: int) -> None:
        """Close the file; one that has no such end belongs to a run whose process died."""
        if self.writer is not None:
            self.writer.end(exit_status, ended, missing)
            self.error = self.writer.error

    def complaints(self) -> list[str]:
        """What could not be written, in a sentence."""
        if self.error is None:
            return []
        kept = "none of this run's rows is there" if self.writer is None else "its last rows are not there"
        return [f"--report {self.path}: {self.error.strerror or self.error}; {kept}, and the table below has them all"]

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where the rows are."""
        if self.writer is not None and self.error is None:
            terminalreporter.write_line(f"{self.writer.rows} rows in {self.path}")
