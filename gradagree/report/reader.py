"""Files of rows, read back into runs."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradagree.checking.verdict import Verdict
from gradagree.matrix.row import Row
from gradagree.report.fields import FIELDS, REQUIRED, complaint, whole
from gradagree.report.header import SCHEMA_VERSION
from gradagree.report.strict import parsed, shallow

LEVELS = 2  # that a header's values may nest: the options are lists in an object
HEADER_BYTES = 1 << 20
MADE_BY = "a file that `pytest --report` wrote will do"

# How a run may have ended, and what is said of it where cells have no row.
ENDED = {
    "whole": "came to its end",
    "stopped": "was stopped before its end, as -x does",
    "interrupted": "was interrupted",
    "failed": "ended with an error of pytest's own or of a plugin's",
}


class ReportError(ValueError):
    """A file that cannot be read as rows: which file, which line, what is wrong, and what would do."""


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
    header: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    whole: bool = False
    chosen: int | None = None
    missing: int | None = None

    @property
    def of_chosen(self) -> str:
        """How many cells have a row: `12 of 12 cells`."""
        return f"{len(self.rows)} of {'an unknown number of' if self.chosen is None else self.chosen} cells"


def read_all(paths: Iterable[Path]) -> list[Run]:
    """The runs of several files, in their order, each under a name of its own.

    Raises
    ------
    ReportError
        as `read` does.
    """
    runs: list[Run] = []
    for path in paths:
        runs.extend(read(path))
    short = [Path(run.name).stem for run in runs]
    for run, name in zip(runs, short, strict=True):
        if short.count(name) == 1:
            run.name = name
    seen: dict[str, int] = {}
    for run in runs:
        seen[run.name] = count = seen.get(run.name, 0) + 1
        if count > 1:
            run.name = f"{run.name} ({count})"
    return runs


def read(path: Path) -> list[Run]:
    """The runs of one file: one, or more where files were joined end to end.

    A last line that was cut off is left out, and the run says so in its `warnings`: a run that was killed is worth
    reading up to there. Anything else that is not as expected is an error, since it may be anything.

    Raises
    ------
    ReportError
        if the file cannot be opened, is empty, was written by something else or by a newer gradagree, or a line is
        broken.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ReportError(f"{path}: {error.strerror or error}; {MADE_BY}") from None
    except UnicodeDecodeError as error:
        raise ReportError(f"{path}: byte {error.start} is no UTF-8 text; {MADE_BY}") from None
    # Not splitlines: that would also split at U+2028, which JSON allows within a string.
    lines = text.split("\n")
    if not text.strip():
        raise ReportError(f"{path}: the file is empty; {MADE_BY}")

    runs: list[Run] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        try:
            values = parsed(line)
        except ValueError as error:
            # Every line is written with its newline: what stands behind the last one is the beginning of a line.
            if number == len(lines) and runs:
                count = len(runs[-1].rows)
                runs[-1].warnings.append(
                    f"{place}: the last line is cut off; the {count} whole rows before it are kept"
                )
                continue
            raise ReportError(f"{place}: no JSON ({error}); {MADE_BY}") from None
        _take(place, str(path), values, runs)
    for run in runs:
        _look_for_more(run, str(path))
    return runs


def headline(runs: Sequence[Run]) -> str:
    """What is missing of several runs, in one short sentence; empty where nothing is."""
    if not any(run.rows for run in runs):
        return "Nothing was measured: there are no rows"
    incomplete = [run for run in runs if run.warnings]
    if not incomplete:
        return ""
    known = [run.missing for run in incomplete if run.missing is not None]
    told = f"{sum(known):,} chosen cells have no row" if sum(known) and len(known) == len(incomplete) else ""
    return f"Incomplete: {told or f'{len(incomplete)} of {len(runs)} runs lack something'}"


def holds_rows(path: Path) -> bool:
    """Whether the file at `path` begins as one of rows: what was measured is replaced by nothing else."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        first = file.readline(HEADER_BYTES)
    try:
        values = parsed(first.decode())
    except ValueError:
        return False
    return isinstance(values, dict) and values.get("kind") == "header"


def _look_for_more(run: Run, path: str) -> None:
    """Tell what is missing of a run, beyond what its lines told already."""
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
    elif all(row.verdict == Verdict.NOT_RUN.value for row in run.rows):
        run.warnings.append(f"{path}: no cell was run: all {count} are NOT RUN")


def _take(place: str, name: str, values: Any, runs: list[Run]) -> None:
    kind = values.get("kind") if isinstance(values, dict) else None
    if kind == "header":
        found = values.get("schema_version")
        if not whole(found, 1):
            raise ReportError(f"{place}: schema_version is {reprlib.repr(found)}; a whole number will do")
        if found > SCHEMA_VERSION:
            raise ReportError(
                f"{place}: the rows have schema {found}, and this gradagree reads up to {SCHEMA_VERSION}; "
                "a newer gradagree will do"
            )
        for field_name, value in values.items():
            if not shallow(value, LEVELS):
                told = reprlib.repr(field_name)
                raise ReportError(f"{place}: {told} nests deeper than a header's fields do; {MADE_BY}")
        chosen = values.get("chosen")
        if chosen is not None and not whole(chosen, 0):
            raise ReportError(f"{place}: chosen is {reprlib.repr(chosen)}; a whole number, or null, will do")
        runs.append(Run(name, values, chosen=chosen))
    elif not runs:
        raise ReportError(f"{place}: the first line is no header of gradagree's; {MADE_BY}")
    elif kind == "row":
        runs[-1].rows.append(_row(place, values))
    elif kind == "end":
        _end(place, runs[-1], values)
    else:
        raise ReportError(f"{place}: kind is {reprlib.repr(kind)}; one of header, row, end will do")


def _end(place: str, run: Run, values: dict[str, Any]) -> None:
    """Take an end line; those of before did not say how many cells are missing."""
    count, missing, ended = values.get("rows"), values.get("missing", 0), values.get("ended", "whole")
    for name, value in (("rows", count), ("missing", missing)):
        if not whole(value, 0):
            raise ReportError(f"{place}: {name} is {reprlib.repr(value)}; a whole number will do")
    if not isinstance(ended, str):
        raise ReportError(f"{place}: ended is {reprlib.repr(ended)}; one of {', '.join(ENDED)} will do")
    run.whole = count == len(run.rows) and not missing and ended == "whole"
    run.missing = values.get("missing")
    if count != len(run.rows):
        run.warnings.append(f"{place}: the run had {count} rows, and {len(run.rows)} are here")
    if missing or ended != "whole":
        of_chosen = "" if run.chosen is None else f" of {run.chosen}"
        told = ENDED.get(ended, f"ended otherwise ({reprlib.repr(ended)})")
        run.warnings.append(f"{place}: the run {told}: {missing}{of_chosen} cells have no row")


def _row(place: str, values: dict[str, Any]) -> Row:
    missing = [name for name in REQUIRED if name not in values]
    if missing:
        raise ReportError(f"{place}: the row has no {', '.join(missing)}; {MADE_BY}")
    wrong = complaint(values)
    if wrong:
        raise ReportError(f"{place}: {wrong}")
    return Row.from_json({name: value for name, value in values.items() if name in FIELDS})
