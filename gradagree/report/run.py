"""A run that was read back: its header, its rows, and what is missing of it."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradagree.checking.verdict import Verdict
from gradagree.matrix.row import Row
from gradagree.report.schema import End

# How a run may have ended, and what is said of it where cells have no row.
ENDED = {
    "whole": "came to its end",
    "stopped": "was stopped before its end, as -x does",
    "interrupted": "was interrupted",
    "failed": "ended with an error of pytest's own or of a plugin's",
}


@dataclass
class Run:
    """One run: its header and its rows.

    Parameters
    ----------
    name
        what a reader calls it: the file's name, with folders where names would coincide.
    header
        as `header.header` made it.
    rows
        in the order in which the cells finished.
    warnings
        what is missing, one sentence each, naming file and line.
    whole
        whether the run came to its end and all of it is here.
    chosen, missing
        how many cells were to be run, and how many of them have no row; `None` where the file does not say.
    """

    name: str
    header: Mapping[str, Any]
    rows: list[Row] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    whole: bool = False
    chosen: int | None = None
    missing: int | None = None

    @property
    def of_chosen(self) -> str:
        """How many cells have a row: `12 of 12 cells`."""
        return f"{len(self.rows)} of {'an unknown number of' if self.chosen is None else self.chosen} cells"


def take_end(run: Run, end: End, place: str) -> None:
    """Take an end line, read at `place`; those of before did not say how many cells are missing."""
    count, missing, ended = end["rows"], end.get("missing", 0), end.get("ended", "whole")
    run.whole = count == len(run.rows) and not missing and ended == "whole"
    run.missing = end.get("missing")
    if count != len(run.rows):
        run.warnings.append(f"{place}: the run had {count} rows, and {len(run.rows)} are here")
    if missing or ended != "whole":
        of_chosen = "" if run.chosen is None else f" of {run.chosen}"
        how = ENDED.get(ended, f"ended otherwise ({reprlib.repr(ended)})")
        run.warnings.append(f"{place}: the run {how}: {missing}{of_chosen} cells have no row")


def note_what_is_missing(run: Run, path: str) -> None:
    """Warn of what is missing of a run, beyond what its lines said already."""
    count = len(run.rows)
    if not run.whole and not run.warnings:
        run.missing = None if run.chosen is None else max(run.chosen - count, 0)
        last = f", the last of them that of {run.rows[-1].cell}" if run.rows else ""
        run.warnings.append(
            f"{path}: the run was interrupted after {run.of_chosen}{last}: there is no end line, "
            "as where its process died or is still at it"
        )
    if not run.rows:
        run.warnings.append(f"{path}: the run has no rows: nothing was measured")
    elif all(row.verdict == Verdict.NOT_RUN for row in run.rows):
        run.warnings.append(f"{path}: no cell was run: all {count} are NOT RUN")


def headline(runs: Sequence[Run]) -> str:
    """What is missing of several runs, in one short sentence; empty where nothing is."""
    if not any(run.rows for run in runs):
        return "Nothing was measured: there are no rows"
    incomplete = [run for run in runs if run.warnings]
    if not incomplete:
        return ""
    counts = [run.missing for run in incomplete if run.missing is not None]
    if sum(counts) and len(counts) == len(incomplete):
        return f"Incomplete: {sum(counts):,} chosen cells have no row"
    return f"Incomplete: {len(incomplete)} of {len(runs)} runs lack something"
