"""How far a run has come: one line on a terminal, rewritten in place, instead of a dot for each cell.

Only where it can be rewritten: a log, a pipe, `-v` and a dumb terminal get pytest's own output, unchanged.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Sequence

import pytest

from reference.formats import BY_NAME

# Workers of pytest-xdist report names alone, so a cell is known by its name: `…[torch_manual-cpu-float32-probe97]`.
CELL = re.compile(rf"\[(?P<name>.+-(?:{'|'.join(BY_NAME)})-.+)\]$")
FIRST_GUESS = 2.0  # seconds; before that, imports distort the guess


def register(config: pytest.Config) -> None:
    """Show progress, if there is a terminal to show it on."""
    terminal = config.pluginmanager.getplugin("terminalreporter")
    quiet = config.get_verbosity() > 0 or hasattr(config, "workerinput") or os.environ.get("TERM") == "dumb"
    if terminal is not None and terminal.isatty and not quiet and config.getoption("capture") != "no":
        config.pluginmanager.register(Progress(terminal), "gradagree-progress")


def cell_name(nodeid: str) -> str | None:
    """The cell in an item's name, `None` if the item is something else."""
    found = CELL.search(nodeid)
    return found["name"] if found else None


def line(done: int, total: int, name: str, elapsed: float, width: int) -> str:
    """One line: how far, how long it may take, which cell; cut to the terminal's width."""
    left = ""
    if done and elapsed >= FIRST_GUESS:
        left = f"  about {duration(elapsed / done * (total - done))} left"
    text = f"{done:>{len(str(total))}}/{total} cells  {done / max(total, 1):>4.0%}{left}  {name}"
    return text if len(text) < width else text[: max(width - 2, 0)] + "…"


def duration(seconds: float) -> str:
    """`42 s`, `3 min 10 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class Progress:
    """Counts the cells that finish and keeps the line up to date."""

    def __init__(self, terminal: pytest.TerminalReporter, clock: Callable[[], float] = time.monotonic) -> None:
        self.terminal, self.clock = terminal, clock
        self.total = self.done = 0
        self.began = clock()
        self.shown = False

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count the cells of this process."""
        self._count(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Count the cells of the workers, each of which collects them all."""
        self._count(ids)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Name the cell that begins, or make room for another test's output."""
        name = cell_name(nodeid)
        if name is None:
            self._clear()
        else:
            self._show(name)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """No letter for a cell: it would stand in the middle of the line. Its category is counted as ever."""
        if not self.total or cell_name(report.nodeid) is None:
            return None
        if report.when == "call" or report.outcome != "passed":
            category = "error" if report.failed and report.when != "call" else report.outcome
            return category, "", ""
        return "", "", ""

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Count the cell."""
        name = cell_name(nodeid)
        if name is None:
            return
        self.done += 1
        if self.done >= self.total:
            self._clear()
        else:
            self._show(name)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Leave nothing behind."""
        self._clear()

    def _count(self, nodeids: Iterable[str]) -> None:
        self.total = sum(cell_name(nodeid) is not None for nodeid in nodeids)
        self.began = self.clock()

    def _show(self, name: str) -> None:
        if self.total:
            text = line(self.done, self.total, name, self.clock() - self.began, self._width)
            self.terminal.rewrite(text, erase=True)
            self.terminal.flush()
            self.shown = True

    def _clear(self) -> None:
        if self.shown:
            self.terminal.rewrite("", erase=True)
            self.terminal.rewrite("")
            self.shown = False

    @property
    def _width(self) -> int:
        return self.terminal._tw.fullwidth
