"""Runs with their texts cut: whatever a file holds, what is made of it stays small.

Names that are cut stay apart: cells are told from each other by them, and headers compared.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from gradagree.matrix.row import Row
from gradagree.report.header import flat
from gradagree.report.run import Run

NAME = 120  # characters; longer than any implementation's or problem's
NUMBER = 9  # characters that tell cut names apart: `… (12345)`
NAMES = ("implementation", "framework", "version", "device", "dtype", "problem")
SENTENCES = ("reason", "arithmetic", "diagnosis", "issue")


def truncate(text: str, longest: int) -> str:
    """At most `longest` characters of a sentence."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


class Names:
    """Cuts names to at most `longest` characters; two that begin alike get a number each."""

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self._found: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def __call__(self, name: str) -> str:
        """The name, cut."""
        if len(name) <= self.longest:
            return name
        if name not in self._found:
            start = name[: self.longest - NUMBER]
            self._counts[start] = count = self._counts.get(start, 0) + 1
            self._found[name] = f"{start}… ({count})"
        return self._found[name]


def shortened(runs: Sequence[Run], longest: int) -> list[Run]:
    """The runs, no text longer than `longest` characters, no name than `NAME`; headers are flat.

    Parameters
    ----------
    runs
        are left as they are.
    longest
        more than `NUMBER`.
    """
    names, values = Names(min(NAME, longest)), Names(longest)
    return [
        Run(
            names(run.name),
            {names(name): values(value) for name, value in flat(run.header).items()},
            [_row(row, names, longest) for row in run.rows],
            [truncate(warning, longest) for warning in run.warnings],
            run.whole,
            run.chosen,
            run.missing,
        )
        for run in runs
    ]


def _row(row: Row, names: Names, longest: int) -> Row:
    changes: dict[str, Any] = {
        name: names(getattr(row, name)) for name in NAMES if len(getattr(row, name)) > names.longest
    }
    changes |= {name: truncate(getattr(row, name), longest) for name in SENTENCES if len(getattr(row, name)) > longest}
    return dataclasses.replace(row, **changes) if changes else row  # most rows are short: copying all takes a second
