"""What closes a run: what is missing, the agreement table, made of the rows that arrive; or why no test was left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from gradagree.matrix import no_cells_error
from gradagree.matrix.cells import Cell
from gradagree.matrix.row import Row
from gradagree.matrix.selection import Selection
from gradagree.matrix.table import LEGEND, convergence, in_order, repetition, summary, table
from gradagree.report import died, heading
from gradagree.report.outcome import news
from gradagree.report.recorder import Recorder
from gradagree.report.tally import Tally, cells_of

# Whether tests were collected that are run once for each cell, before any was deselected.
WANTED = pytest.StashKey[bool]()
SENT = "gradagree_wanted"


def attach(report: pytest.TestReport, row: Row) -> None:
    """Put a row on its report, and the flags of the process that ran it: both survive pytest-xdist."""
    report.gradagree_row = row.as_json()  # type: ignore[attr-defined]
    report.gradagree_flags = heading.flags()  # type: ignore[attr-defined]


class Closing:
    """Gathers what arrives, from this process or from workers of pytest-xdist, and closes the run with it."""

    def __init__(self, config: pytest.Config, selection: Selection, recorder: Recorder | None) -> None:
        self.config, self.selection, self.recorder = config, selection, recorder
        self.tally = Tally(selection)
        self.flags: dict[str, set[str]] = {}
        self.stopped: bool | None = None  # by a plugin or an option; False by the user
        self.complaints: list[str] = []

    def begin(self, chosen: Mapping[str, Cell]) -> None:
        """Cells are about to be run, if any is left."""
        if chosen and not self.tally.chosen and not self.config.getoption("setupplan", False):
            self.tally.chosen.update(chosen)
            if self.recorder is not None:
                self.recorder.begin(len(chosen))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Each worker has collected them all; the first that says so will do."""
        self.begin(cells_of(ids, self.selection))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the row off the report; where it has none, and none will come, make one."""
        values: dict[str, Any] | None = getattr(report, "gradagree_row", None)
        if values is not None:
            self._take(report.nodeid, Row.from_json(values))
            for name, flag in report.gradagree_flags.items():
                self.flags.setdefault(name, set()).add(flag)
        elif (row := self.tally.without_a_row(report)) is not None:
            self._take(report.nodeid, row)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: Any) -> None:
        """A worker of pytest-xdist died with this item."""
        cell = self.tally.chosen.get(crashitem)
        if cell is not None:
            blank, judged = self.tally.blank(cell), self.tally.rows.get(crashitem)
            self._take(crashitem, died.invalid(blank, report.node, judged))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Note who interrupted: pytest's own interruptions say why."""
        self.stopped = type(excinfo.value) is not KeyboardInterrupt

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """See what is missing, and fail for it. A worker collects and the controller does not, so it is told."""
        if hasattr(self.config, "workeroutput"):
            self.config.workeroutput[SENT] = self.config.stash.get(WANTED, False)
            return
        ended = self._ended(session)
        self.complaints = self.tally.complaints(ended)
        self._fail(session)
        if self.recorder is not None:
            self.recorder.end(int(session.exitstatus), ended, len(self.tally.missing()))
            self.complaints.extend(self.recorder.complaints())
            self._fail(session)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Hear what a worker collected; one that crashed says nothing."""
        if getattr(node, "workeroutput", {}).get(SENT, False):
            self.config.stash[WANTED] = True

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
        """Print what is missing, and the table; or the sentence."""
        write = terminalreporter.write_line
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and self.config.stash.get(WANTED, False):
            keyword = self.config.getoption("keyword")
            write(
                no_cells_error.unmatched(keyword, self.selection)
                if keyword
                else no_cells_error.elsewhere(self.selection)
            )
        if not self.tally.rows and not self.complaints:
            return
        rows = in_order(self.tally.rows.values())
        terminalreporter.section("agreement")
        for sentence in self.complaints:
            write(f"error: {sentence}", red=True)
        if not rows:
            return
        # Elsewhere they stand above the run; here they are known since rows have arrived from the workers.
        if self.config.pluginmanager.hasplugin("dsession") and self.config.get_verbosity() >= 0:
            write(heading.flags_line(self.flags))
        for line in table(rows):
            write(line)
        write("")
        write(LEGEND)
        for line in (*convergence(rows), *filter(None, [repetition(rows)])):
            write(line)
        write(summary(rows))
        write(news(rows, whole=not self.complaints))

    def _take(self, item: str, row: Row) -> None:
        if self.tally.take(item, row) and self.recorder is not None:
            self.recorder.row(row)

    def _ended(self, session: pytest.Session) -> str:
        if not self.tally.missing():
            return "whole"
        if session.exitstatus == pytest.ExitCode.INTERNAL_ERROR:
            return "failed"
        return "interrupted" if self.stopped is False else "stopped"

    def _fail(self, session: pytest.Session) -> None:
        if self.complaints and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
