"""Files of rows, read back into runs."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from gradagree.checking.verdict import Verdict
from gradagree.matrix.row import Row
from gradagree.report.run import Run, note_what_is_missing, take_end
from gradagree.report.schema import SCHEMA_VERSION, End, Header

HEADER_BYTES = 1 << 20
MADE_BY = "expected a file that `pytest --report` wrote"

Line = TypeVar("Line")


class ReportError(ValueError):
    """A file that cannot be read as rows: which file, which line, what is wrong, and what was expected."""


def read_all(paths: Iterable[Path]) -> list[Run]:
    """The runs of several files, in their order, each under a name of its own.

    Raises
    ------
    ReportError
        as `read` does.
    """
    runs = [run for path in paths for run in read(path)]
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
            values = msgspec.json.decode(line)
        except (msgspec.MsgspecError, RecursionError) as error:
            # Every line is written with its newline: what stands behind the last one is the beginning of a line.
            if number < len(lines) or not runs:
                problem = "it nests too deep" if isinstance(error, RecursionError) else error
                raise ReportError(f"{place}: no JSON ({problem}); {MADE_BY}") from None
            kept = f"the {len(runs[-1].rows)} whole rows before it are kept"
            runs[-1].warnings.append(f"{place}: the last line is cut off; {kept}")
        else:
            _add(place, str(path), values, runs)
    for run in runs:
        note_what_is_missing(run, str(path))
    return runs


def holds_rows(path: Path) -> bool:
    """Whether the file at `path` begins as one of rows: what was measured is replaced by nothing else."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        first = file.readline(HEADER_BYTES)
    try:
        values = msgspec.json.decode(first)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return isinstance(values, dict) and values.get("kind") == "header"


def _add(place: str, name: str, values: Any, runs: list[Run]) -> None:
    """Add what one line holds to the runs."""
    kind = values.get("kind") if isinstance(values, dict) else None
    if kind == "header":
        version = values.get("schema_version")
        if isinstance(version, int) and version > SCHEMA_VERSION:
            raise ReportError(
                f"{place}: schema_version is {reprlib.repr(version)}; this gradagree reads up to {SCHEMA_VERSION}, "
                "a newer one may read it"
            )
        header = _converted(place, values, Header)
        runs.append(Run(name, header, chosen=header.get("chosen")))
    elif not runs:
        raise ReportError(f"{place}: the first line is no header of gradagree's; {MADE_BY}")
    elif kind == "row":
        runs[-1].rows.append(_converted(place, values, Row))
    elif kind == "end":
        take_end(runs[-1], _converted(place, values, End), place)
    else:
        raise ReportError(f"{place}: kind: expected header, row or end, got {reprlib.repr(kind)}; {MADE_BY}")


def _converted(place: str, values: dict[str, Any], into: type[Line]) -> Line:
    """A line as what it calls itself."""
    try:
        return msgspec.convert(values, into)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `$.")
    where = path.removesuffix("`")
    if problem.startswith("Invalid enum value"):
        verdicts = f"one of {', '.join(Verdict)}"
        problem = f"Expected {verdicts if where in ('verdict', 'expected') else 'a number, null, inf, -inf or nan'}"
    found = f"{where}: " if where else ""
    given = f"; {where} is {reprlib.repr(values[where])}" if where in values else ""
    raise ReportError(f"{place}: {found}{problem}{given}; {MADE_BY}")
