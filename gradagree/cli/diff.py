"""`diff`: what changed from one run to another, for release gates."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gradagree.report.changes import Change, by_cell, changes
from gradagree.report.header import differences
from gradagree.report.reader import ReportError, Run, read

GROUPS = (("worse", True, "✗"), ("better", False, "✓"), ("neither", None, "·"))
EPILOG = """Worse are: a verdict further from AGREES; a gradient, update, loss, end or resolution that lost more than
--bits bits; a cell that is gone; a new one that disagrees or is invalid
without being known for it. Exit status: 0 if nothing got worse, 1 if
something did, 2 if a file cannot be read, or was cut off: half a run is no ground for a gate."""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "diff", help="compare two files of rows; exit 1 if something got worse", epilog=EPILOG
    )
    parser.add_argument("old", type=Path, metavar="old.jsonl")
    parser.add_argument("new", type=Path, metavar="new.jsonl")
    parser.add_argument("--bits", type=_bits, default=1.0, help="how many bits an accuracy may lose (default: 1)")
    parser.add_argument("--ignore-gone", action="store_true", help="a cell that is gone is no worse: compare a part")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Print what changed; 1 if something got worse."""
    try:
        old, new = read(options.old), read(options.new)
    except ReportError as error:
        return _fail(str(error))
    for found in (*old, *new):
        if not found.whole:
            return _fail(f"{found.warnings[0]}; a whole run will do")
    found_changes = changes(old, new, options.bits, gone_is_worse=not options.ignore_gone)
    for line in told(options.old, options.new, old, new, found_changes):
        print(line)
    return 1 if any(change.worse for change in found_changes) else 0


def told(old_path: Path, new_path: Path, old: Sequence[Run], new: Sequence[Run], found: Sequence[Change]) -> list[str]:
    """The lines of the comparison."""
    lines = [
        f"{sign} {path}: {sum(len(run.rows) for run in runs)} rows, {runs[-1].header.get('time', 'at an unknown time')}"
        for sign, path, runs in (("-", old_path, old), ("+", new_path, new))
    ]
    for name, (was, now) in differences([old[-1].header, new[-1].header]).items():
        lines.append(f"  {name}: {was or '–'} → {now or '–'}")
    for title, worse, glyph in GROUPS:
        group = [change for change in found if change.worse is worse]
        if group:
            lines += ["", f"{title}: {len(group)}"]
        for change in group:
            lines.append(f"  {glyph} {change.cell}: {change.text}")
            if change.reason:
                lines.append(f"      {change.reason}")
    cells = by_cell(old).keys() & by_cell(new).keys()
    touched = {change.cell for change in found if change.kind in ("verdict", "accuracy")}
    counts = [f"{sum(change.worse is worse for change in found)} {title}" for title, worse, _ in GROUPS]
    lines += ["", f"{', '.join(counts)}; {len(cells) - len(touched)} of {len(cells)} common cells as before"]
    return lines


def _bits(text: str) -> float:
    """A number that a loss can exceed: beyond NaN or infinity nothing lies, and the gate would let all pass."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (0 <= value < math.inf):
        raise argparse.ArgumentTypeError(f"got {text!r}; a number of bits, 0 or more, will do")
    return value


def _fail(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 2
