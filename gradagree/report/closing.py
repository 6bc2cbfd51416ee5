"""What closes a run: the agreement table, made of the rows that arrive; or why no test was left."""

from __future__ import annotations

from typing import Any

import pytest

from gradagree import emptiness
from gradagree.report import heading
from gradagree.row import Row
from gradagree.selection import Selection
from gradagree.table import LEGEND, convergence, in_order, repetition, summary, table

# Whether tests were collected that are run once for each cell, before any was deselected.
WANTED = pytest.StashKey[bool]()
SENT = "gradagree_wanted"


def attach(report: pytest.TestReport, row: Row) -> None:
    """Put a row on its report, and the flags of the process that ran it: both survive pytest-xdist."""
    report.gradagree_row = row.as_json()  # type: ignore[attr-defined]
    report.gradagree_flags = heading.flags()  # type: ignore[attr-defined]


class Closing:
    """Gathers what arrives, from this process or from workers of pytest-xdist, and closes the run with it."""

    def __init__(self, config: pytest.Config, selection: Selection) -> None:
        self.config, self.selection = config, selection
        self.rows: list[Row] = []
        self.flags: dict[str, set[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the row off the report."""
        values: dict[str, Any] | None = getattr(report, "gradagree_row", None)
        if values is not None:
            self.rows.append(Row.from_json(values))
            for name, flag in report.gradagree_flags.items():
                self.flags.setdefault(name, set()).add(flag)

    def pytest_sessionfinish(self) -> None:
        """A worker collects and the controller does not, so it is told."""
        if hasattr(self.config, "workeroutput"):
            self.config.workeroutput[SENT] = self.config.stash.get(WANTED, False)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Hear what a worker collected; one that crashed says nothing."""
        if getattr(node, "workeroutput", {}).get(SENT, False):
            self.config.stash[WANTED] = True

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
        """Print the table, or the sentence."""
        write = terminalreporter.write_line
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and self.config.stash.get(WANTED, False):
            keyword = self.config.getoption("keyword")
            write(emptiness.unmatched(keyword, self.selection) if keyword else emptiness.elsewhere(self.selection))
        if not self.rows:
            return
        rows = in_order(self.rows)
        terminalreporter.section("agreement")
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
