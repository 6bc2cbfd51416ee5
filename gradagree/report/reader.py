"""Files of rows, read back into runs."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradagree.report.fields import FIELDS, REQUIRED, complaint, whole
from gradagree.report.header import SCHEMA_VERSION
from gradagree.report.strict import parsed, shallow
from gradagree.row import Row

LEVELS = 2  # that a header's values may nest: the options are lists in an object
MADE_BY = "a file that `pytest --report` wrote will do"


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
    """

    name: str
    header: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    whole: bool = False


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
        if not run.whole and not run.warnings:
            count = len(run.rows)
            run.warnings.append(f"{path}: the run was interrupted after {count} rows: there is no end line")
    return runs


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
        runs.append(Run(name, values))
    elif not runs:
        raise ReportError(f"{place}: the first line is no header of gradagree's; {MADE_BY}")
    elif kind == "row":
        runs[-1].rows.append(_row(place, values))
    elif kind == "end":
        run, count = runs[-1], values.get("rows")
        if not whole(count, 0):
            raise ReportError(f"{place}: rows is {reprlib.repr(count)}; a whole number will do")
        run.whole = count == len(run.rows)
        if not run.whole:
            run.warnings.append(f"{place}: the run had {count} rows, and {len(run.rows)} are here")
    else:
        raise ReportError(f"{place}: kind is {reprlib.repr(kind)}; one of header, row, end will do")


def _row(place: str, values: dict[str, Any]) -> Row:
    missing = [name for name in REQUIRED if name not in values]
    if missing:
        raise ReportError(f"{place}: the row has no {', '.join(missing)}; {MADE_BY}")
    wrong = complaint(values)
    if wrong:
        raise ReportError(f"{place}: {wrong}")
    return Row.from_json({name: value for name, value in values.items() if name in FIELDS})
