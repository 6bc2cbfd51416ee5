"""What came of a run, in one sentence: whether anything is unexpected, or new."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from gradagree.checking.verdict import Verdict
from gradagree.matrix.row import BAD, Row
from gradagree.runtime import frameworks

NAMED = 5  # cells in one line
REPOSITORIES = {"pytorch": "pytorch/pytorch", "jax": "jax-ml/jax", "optax": "google-deepmind/optax"}

# What one cell does, and what several do.
VERBS = {
    Verdict.DISAGREES: ("disagrees", "disagree"),
    Verdict.INVALID: ("is invalid", "are invalid"),
    Verdict.INCONCLUSIVE: ("is inconclusive", "are inconclusive"),
    Verdict.NOT_RUN: ("was not run", "were not run"),
    Verdict.AGREES: ("agrees where a defect is known", "agree where a defect is known"),
}


def outcome(rows: Iterable[Row]) -> str:
    """`Nothing unexpected: 752 cells agree, 16 show known defects, 4 were not run`, or what is unexpected."""
    rows = list(rows)
    if found := _unexpected(rows):
        return f"Unexpected: {_counted(found)}"
    known, absent = sum(map(shows_known_defect, rows)), sum(row.verdict == Verdict.NOT_RUN for row in rows)
    parts = [
        f"{count:,} {one if count == 1 else several}"
        for count, one, several in (
            (sum(row.verdict == Verdict.AGREES for row in rows), "cell agrees", "cells agree"),
            (known, "shows a known defect", "show known defects"),
            (absent, *VERBS[Verdict.NOT_RUN]),
        )
        if count
    ]
    return f"Nothing unexpected: {', '.join(parts)}"


def news(rows: Sequence[Row], whole: bool = True) -> str:
    """The line that closes a run: `nothing new: 16 cells show known defects of PyTorch`, or what is new.

    Parameters
    ----------
    rows
        the most alarming first.
    whole
        whether every cell that was chosen has a row.
    """
    if found := _unexpected(rows):
        cells = [row.cell for row in rows if row.unexpected]
        more = f" and {len(cells) - NAMED:,} more" if len(cells) > NAMED else ""
        return f"new: {_counted(found)}: {', '.join(cells[:NAMED])}{more}"
    known = [row for row in rows if shows_known_defect(row)]
    titles = {each.name: each.title for each in frameworks.loadable()}
    whose = " and ".join(dict.fromkeys(titles.get(row.framework, row.framework) for row in known))
    shown = f"{len(known):,} cell{' shows a known defect' if len(known) == 1 else 's show known defects'} of {whose}"
    opening = "nothing new" if whole else "nothing new, but the run is incomplete"
    return f"{opening}: {shown if known else 'no known defect shows'}"


def shows_known_defect(row: Row) -> bool:
    """Whether a row disagrees just as a known defect makes it."""
    return row.verdict in BAD and not row.unexpected


def issue_address(issue: str) -> str:
    """The web address of `pytorch#191763`; empty where it is none that this suite knows."""
    found = re.fullmatch(r"(\w+)#(\d+)", issue)
    repository = REPOSITORIES.get(found[1]) if found else None
    return f"https://github.com/{repository}/issues/{found[2]}" if found and repository else ""


def _unexpected(rows: Iterable[Row]) -> Counter[str]:
    return Counter(row.verdict for row in rows if row.unexpected)


def _counted(found: Counter[str]) -> str:
    """`2 cells disagree, 1 agrees where a defect is known`, the most alarming first."""
    verdicts = [verdict for verdict in Verdict if found[verdict]]
    parts = [f"{found[verdict]:,} {VERBS[verdict][found[verdict] > 1]}" for verdict in verdicts]
    count, verb = parts[0].split(" ", 1)
    return ", ".join([f"{count} cell{'s' * (found[verdicts[0]] > 1)} {verb}", *parts[1:]])
