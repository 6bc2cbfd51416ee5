"""The pytest side of a report: `--report`, and the row's figures as JUnit properties."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradagree.report.header import header
from gradagree.report.writer import Writer
from gradagree.row import Row

FIGURES = ("gradient", "update", "loss", "final", "resolution", "bits", "distance", "distance_in_theory", "seconds")
OPTIONS = ("impl", "device", "dtype", "problem", "require", "cell_timeout", "depth", "keyword", "markexpr")


def add_options(group: pytest.OptionGroup) -> None:
    """Add `--report`."""
    group.addoption(
        "--report",
        type=Path,
        metavar="FILE",
        help="write the rows as JSON lines, each as its cell finishes; `python -m gradagree report` makes a page of it",
    )


def register(config: pytest.Config) -> None:
    """Open the report, where one was asked for. Workers of pytest-xdist have none: their rows come here.

    Raises
    ------
    pytest.UsageError
        if the file cannot be written; better now than after the run.
    """
    path: Path | None = config.getoption("--report")
    if path is None or hasattr(config, "workerinput"):
        return
    try:
        writer = Writer(path, header(flags(config)))
    except OSError as error:
        reason = error.strerror or error
        raise pytest.UsageError(f"--report {path}: {reason}; a file in a folder that can be written will do") from None
    config.pluginmanager.register(Recorder(writer), "gradagree-recorder")


def flags(config: pytest.Config) -> dict[str, Any]:
    """The options that decide which cells are run, and how; those that were not given are left out."""
    given = {name: config.getoption(name, default=None) for name in OPTIONS}
    return {name: value for name, value in given.items() if value not in (None, [], "")}


def properties(row: Row) -> list[tuple[str, object]]:
    """A row's figures, as pytest's JUnit report takes them."""
    figures = [(f"gradagree.{name}", getattr(row, name)) for name in FIGURES]
    repeated = [] if row.repeated is None else [("gradagree.repeated", str(row.repeated).lower())]
    return [
        ("gradagree.verdict", row.verdict),
        ("gradagree.version", f"{row.framework} {row.version}".strip()),
        *repeated,
        *((name, f"{value:.6g}") for name, value in figures if value is not None),
    ]


class Recorder:
    """Writes the rows that arrive, from this process or from workers."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the row, as soon as there is one."""
        values: dict[str, Any] | None = getattr(report, "gradagree_row", None)
        if values is not None:
            self.writer.row(Row.from_json(values))

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Close the report; an interrupted session says so by the line that is missing."""
        if exitstatus in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR):
            self.writer.close()
        else:
            self.writer.end(int(exitstatus))

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where the rows are."""
        terminalreporter.write_line(f"{self.writer.rows} rows in {self.writer.path}")
