"""Which cells a session was to run, which have a row, and what is to be said of the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import pytest

from gradagree.checking.verdict import Verdict
from gradagree.matrix import optimizers, running, second_order
from gradagree.matrix.cells import Cell
from gradagree.matrix.registry import Implementation
from gradagree.matrix.row import Row
from gradagree.matrix.selection import Selection
from gradagree.report.run import ENDED
from reference.optimizers.scenario import SETS

NAMED = 5  # cells in one sentence


class Tally:
    """The chosen cells and the rows, both by the name of the item that runs the cell.

    Of a cell that has several rows the last one counts: it was run again, or its process died after it was judged.
    """

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        self.chosen: dict[str, Cell] = {}
        self.rows: dict[str, Row] = {}

    def take(self, item: str, row: Row) -> bool:
        """Keep a row; whether it says anything new."""
        new = self.rows.get(item) != row
        self.rows[item] = row
        return new

    def missing(self) -> list[Cell]:
        """The chosen cells that have no row."""
        return [cell for item, cell in self.chosen.items() if item not in self.rows]

    def without_a_row(self, report: pytest.TestReport) -> Row | None:
        """The row of a cell whose item failed or was skipped before it had one; `None` where it has one.

        It may be that a fixture raised, or that somebody's own mark skips the item.
        """
        cell = self.chosen.get(report.nodeid)
        if cell is None or report.passed or report.nodeid in self.rows:
            return None
        if report.skipped:
            return self.blank(cell).not_run(f"its test was skipped: {_message(report)}")
        return self.blank(cell).invalid(f"its test failed before the cell had a row: {_message(report)}")

    def blank(self, cell: Cell) -> Row:
        """The row of a cell, without a verdict."""
        if isinstance(cell.implementation, optimizers.OptimizerImplementation):
            return optimizers.blank_row(cell)
        is_second = cell.implementation in self.selection.chosen_seconds
        return second_order.blank_row(cell) if is_second else running.blank_row(cell)

    def complaints(self, ended: str) -> list[str]:
        """What a run must not pass over: cells without a row, and what was named and did not run; a sentence each."""
        return [*self._of_missing(ended), *self._of_names()]

    def _of_missing(self, ended: str) -> Iterator[str]:
        missing = self.missing()
        if missing:
            named = ", ".join(map(str, missing[:NAMED])) + (" and others" if len(missing) > NAMED else "")
            yield f"the run {ENDED[ended]}: {len(missing)} of {len(self.chosen)} cells have no row: {named}"

    def _of_names(self) -> Iterator[str]:
        rows = list(self.rows.values())
        if not rows or any(row.verdict != Verdict.NOT_RUN for row in rows):
            for option, name, found in self._named(rows):
                if found and all(row.verdict == Verdict.NOT_RUN for row in found):
                    yield f"--{option} {name}: all of its cells, {len(found)}, are NOT RUN; {found[0].reason}"
        else:
            yield f"no cell was run: all {len(rows)} are NOT RUN; {rows[0].reason}"

    def _named(self, rows: list[Row]) -> Iterator[tuple[str, str, list[Row]]]:
        """What the options name, each with its rows."""
        asked = self.selection.asked
        fields: dict[str, tuple[str, ...]] = {"impl": ("implementation",), "require": ("device", "framework")}
        fields |= {name: (name,) for name in ("device", "dtype", "problem")}
        for option, names in fields.items():
            for name in dict.fromkeys(getattr(asked, option)):
                yield option, name, [row for row in rows if name in {getattr(row, field) for field in names}]


def cells_of(items: Iterable[str], selection: Selection) -> Mapping[str, Cell]:
    """The cells that items are named after, by the item's name: the controller of pytest-xdist has nothing else."""
    entries = {_escaped(entry.name): entry for entry in _entries(selection)}
    devices = {device for entry in entries.values() for device in entry.devices}
    parts = [_any_of(names) for names in (entries, devices, selection.dtypes, (*selection.problems, *SETS))]
    # Other parameters may stand before and behind; where two items are called alike, pytest numbers them.
    pattern = re.compile(rf"(?:\[|-){'-'.join(parts)}(?:-.*|_?\d+)?\]$")
    found = ((item, pattern.search(item)) for item in items)
    return {item: Cell(entries[match[1]], match[2], match[3], match[4]) for item, match in found if match}


def _entries(selection: Selection) -> tuple[Implementation, ...]:
    return (*selection.chosen_loops, *selection.chosen_seconds, *selection.chosen_optimizers)


def _any_of(names: Iterable[str]) -> str:
    """A group of any of the names, the longest that fits."""
    return f"({'|'.join(re.escape(name) for name in sorted(names, key=len, reverse=True))})"


def _escaped(name: str) -> str:
    """A name as pytest writes it in an item's."""
    return name.encode("unicode_escape").decode("ascii")


def _message(report: pytest.TestReport) -> str:
    """The last line of what a report says, which is the exception's."""
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else None
    crash = getattr(report.longrepr, "reprcrash", None)
    lines = str(text or getattr(crash, "message", "") or report.longreprtext).strip().splitlines()
    return lines[0].removeprefix("Skipped: ") if lines else "no word of why"
