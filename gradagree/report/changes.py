"""What became of each cell from one run to another."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gradagree.checking.verdict import Verdict
from gradagree.matrix.row import BAD, Row
from gradagree.report.outcome import shows_known_defect
from gradagree.report.run import Run

# From good to bad. A cell that is not run any more is worse than one whose bounds are too wide: nobody looks there now.
RANK = [Verdict.AGREES, Verdict.INCONCLUSIVE, Verdict.NOT_RUN, Verdict.INVALID, Verdict.DISAGREES]
RATIOS = ("update", "loss", "final", "resolution")

Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was.

    Parameters
    ----------
    kind
        `"verdict"`, `"accuracy"`, `"new"` or `"gone"`.
    cell
        the cell's name.
    text
        what changed, in one line.
    worse
        `True` if it got worse, `False` if better, `None` if neither.
    reason
        the new row's own sentence.
    known
        whether the new row is as a known defect makes it.
    """

    kind: str
    cell: str
    text: str
    worse: bool | None
    reason: str = ""
    known: bool = False


def changes(old: Iterable[Run], new: Iterable[Run], bits: float = 1.0, gone_is_worse: bool = True) -> list[Change]:
    """All changes from old runs to new ones: worse first, known defects last of them, then better, then neither.

    Parameters
    ----------
    old, new
        where a cell was run more than once, its last row counts.
    bits
        an accuracy has changed if it gained or lost more than this.
    gone_is_worse
        a cell that nobody runs any more is the quietest way to lose a check; where only a part was run it is no news.
    """
    before, after = by_cell(old), by_cell(new)
    found: list[Change] = []
    for key, row in after.items():
        if key not in before:
            surprise = row.verdict in BAD and row.unexpected
            found.append(Change("new", row.cell, f"new: {row.verdict}", surprise or None, row.reason))
        else:
            found.extend(_between(before[key], row, bits))
    for key, row in before.items():
        if key not in after:
            found.append(Change("gone", row.cell, f"gone: was {row.verdict}", gone_is_worse or None))
    order = {True: 0, False: 1, None: 2}
    return sorted(
        found,
        key=lambda change: (order[change.worse], change.known, change.kind != "verdict", change.kind, change.cell),
    )


def by_cell(runs: Iterable[Run]) -> dict[Key, Row]:
    """The last row of each cell."""
    return {(row.implementation, row.device, row.dtype, row.problem): row for run in runs for row in run.rows}


def _between(old: Row, new: Row, bits: float) -> Iterator[Change]:
    if old.verdict != new.verdict:
        worse = RANK.index(Verdict(new.verdict)) > RANK.index(Verdict(old.verdict))
        yield Change("verdict", new.cell, f"{old.verdict} → {new.verdict}", worse, new.reason, shows_known_defect(new))
        return
    was, now = old.right_bits, new.right_bits
    if was is not None and now is not None and abs(was - now) > bits:
        text = f"gradient: {was:.1f} → {now:.1f} right bits ({now - was:+.1f})"
        yield Change("accuracy", new.cell, text, now < was, new.reason)
    for name in RATIOS:
        first, second = getattr(old, name), getattr(new, name)
        lost = _lost(first, second)
        if abs(lost) > bits:
            text = f"{name}: {first:.2g} → {second:.2g} ({-lost:+.1f} bits)"
            yield Change("accuracy", new.cell, text, lost > 0, new.reason)


def _lost(old: float | None, new: float | None) -> float:
    """How many bits `log2(new / old)` were lost; 0 where one is not there, or is 0, which no ratio can be held to."""
    if old is None or new is None or not (old > 0) or not (new > 0) or old == new:
        return 0.0
    return math.log2(new / old)
