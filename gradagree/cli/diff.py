"""`diff`: what changed from one run to another, for release gates."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gradagree.checking.verdict import Verdict
from gradagree.report.changes import Change, by_cell, changes
from gradagree.report.header import differences
from gradagree.report.reader import ReportError, read
from gradagree.report.run import Run

GROUPS = (("worse", True, "✗"), ("better", False, "✓"), ("neither", None, "·"))
EPILOG = """What is missing of the runs is said first. Worse are: a verdict further from AGREES; a gradient, update,
loss, end or resolution that lost more than --bits bits; a cell that is gone; a new one that disagrees or is invalid
without being known for it. Exit status: 0 if nothing got worse, 1 if something did or is missing (half a run is no
ground for a gate, nor is one that has no cell in common with the other), 2 if a file cannot be read."""


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
    missing = [warning for run in (*old, *new) for warning in run.warnings]
    if not missing and not _compared(old, new):
        missing = ["no cell was run in both: nothing was compared"]
    for sentence in missing:
        print(f"incomplete: {sentence}; a whole run will do")
    found_changes = changes(old, new, options.bits, gone_is_worse=not options.ignore_gone)
    for line in render(options.old, options.new, old, new, found_changes):
        print(line)
    return 1 if missing or any(change.worse for change in found_changes) else 0


def _compared(old: Sequence[Run], new: Sequence[Run]) -> bool:
    """Whether any cell was run, and not only named, in both."""
    before, after = by_cell(old), by_cell(new)
    not_run = Verdict.NOT_RUN.value
    return any(before[key].verdict != not_run or after[key].verdict != not_run for key in before.keys() & after.keys())


def render(
    old_path: Path, new_path: Path, old: Sequence[Run], new: Sequence[Run], found: Sequence[Change]
) -> list[str]:
    """The lines of the comparison."""
    lines = []
    for sign, path, runs in (("-", old_path, old), ("+", new_path, new)):
        cells = ", ".join(run.of_chosen for run in runs)
        lines.append(f"{sign} {path}: {cells}, {runs[-1].header.get('time', 'at an unknown time')}")
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
    common = by_cell(old).keys() & by_cell(new).keys()
    touched = {change.cell for change in found if change.kind in ("verdict", "accuracy")}
    counts = [f"{sum(change.worse is worse for change in found)} {title}" for title, worse, _ in GROUPS]
    lines += ["", f"{', '.join(counts)}; {len(common) - len(touched)} of {len(common)} common cells as before"]
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
