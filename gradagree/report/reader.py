"""Files of rows, read back into runs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradagree.report.header import SCHEMA_VERSION
from gradagree.row import Row
from gradagree.verdict import Verdict

FIELDS = {field.name for field in dataclasses.fields(Row)}
REQUIRED = [field.name for field in dataclasses.fields(Row) if field.default is dataclasses.MISSING]
VERDICTS = {verdict.value for verdict in Verdict}
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
            values = json.loads(line)
        except json.JSONDecodeError as error:
            # Every line is written with its newline: what stands behind the last one is the beginning of a line.
            if number == len(lines) and runs:
                count = len(runs[-1].rows)
                runs[-1].warnings.append(
                    f"{place}: the last line is cut off; the {count} whole rows before it are kept"
                )
                continue
            raise ReportError(f"{place}: no JSON ({error.msg}, column {error.colno}); {MADE_BY}") from None
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
        if not isinstance(found, int) or isinstance(found, bool) or found < 1:
            raise ReportError(f"{place}: schema_version is {found!r}; a whole number will do")
        if found > SCHEMA_VERSION:
            raise ReportError(
                f"{place}: the rows have schema {found}, and this gradagree reads up to {SCHEMA_VERSION}; "
                "a newer gradagree will do"
            )
        runs.append(Run(name, values))
    elif not runs:
        raise ReportError(f"{place}: the first line is no header of gradagree's; {MADE_BY}")
    elif kind == "row":
        runs[-1].rows.append(_row(place, values))
    elif kind == "end":
        run = runs[-1]
        run.whole = values.get("rows") == len(run.rows)
        if not run.whole:
            run.warnings.append(f"{place}: the run had {values.get('rows')} rows, and {len(run.rows)} are here")
    else:
        raise ReportError(f"{place}: kind is {kind!r}; one of header, row, end will do")


def _row(place: str, values: dict[str, Any]) -> Row:
    missing = [name for name in REQUIRED if name not in values]
    if missing:
        raise ReportError(f"{place}: the row has no {', '.join(missing)}; {MADE_BY}")
    if values["verdict"] not in VERDICTS:
        raise ReportError(f"{place}: verdict is {values['verdict']!r}; one of {', '.join(sorted(VERDICTS))} will do")
    # Fields that came later within one schema version are additions: an older reader can do without them.
    row = Row.from_json({name: value for name, value in values.items() if name in FIELDS})
    for name in ("gradient", "update", "loss", "final", "resolution", "bits", "seconds"):
        value = getattr(row, name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise ReportError(f"{place}: {name} is {value!r}; a number or null will do")
    return row
