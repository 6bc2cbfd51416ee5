"""The agreement table: one line a cell, made from rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from gradagree.matrix.row import Row
from reference.formats import BY_NAME
from reference.problems import CLASSIC

HEADER = (
    "implementation", "device", "dtype", "problem", "steps", "checks",
    "gradient", "update", "final", "resolution", "verdict",
)  # fmt: skip
LEGEND = "gradient, update, final: error/bound, worst over the run (`blind`: the bound is wider than what it bounds)"
NAMED = 8  # cells in one line


def table(rows: Iterable[Row]) -> list[str]:
    """The lines of the table, header first; a reason stands under the row that it belongs to."""
    rows = list(rows)
    entries = [HEADER, *(_entry(row) for row in rows)]
    widths = [max(len(entry[column]) for entry in entries) for column in range(len(HEADER))]
    lines = [_line(HEADER, widths)]
    for row, entry in zip(rows, entries[1:], strict=True):
        lines.append(_line(entry, widths))
        sentences = (row.reason, row.arithmetic, row.diagnosis, *row.notes)
        lines.extend(f"    {_first_line(sentence)}" for sentence in sentences if sentence)
    return lines


def order(row: Row) -> tuple[float, str, str, str, str, str]:
    """Where a row stands: what is unexpected first, the most alarming before the others; else by its cell's name."""
    rank = row.rank if row.unexpected else math.inf
    return rank, row.framework, row.implementation, row.device, row.dtype, row.problem


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Rows sorted: workers finish in any order."""
    return sorted(rows, key=order)


def summary(rows: Sequence[Row]) -> str:
    """How many cells came to which verdict, in one line."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.verdict] = counts.get(row.verdict, 0) + 1
    comparisons = sum(row.checks for row in rows)
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    return f"{len(rows)} cell{'s' * (len(rows) != 1)}: {verdicts}; {comparisons:,} comparisons with exact numbers"


def repetition(rows: Iterable[Row]) -> str:
    """Which cells gave other bits when they were run again, in one line; empty where all gave the same.

    That is not required: sums may be shared out anew in each run. Both runs obey the same bounds.
    """
    cells = [row.cell for row in rows if row.repeated is False]
    if not cells:
        return ""
    named = ", ".join(cells[:NAMED]) + (f" and {len(cells) - NAMED} more" if len(cells) > NAMED else "")
    return f"did not repeat bit for bit, which is not required: {len(cells)} of the cells, {named}"


def convergence(rows: Iterable[Row]) -> list[str]:
    """For each classic problem, how far from the minimiser the runs ended, and how far theory puts the exact run.

    Gradient descent that agrees at every step need not have arrived.
    """
    lines = []
    by_problem: dict[str, list[Row]] = {}
    for row in rows:
        if row.problem in CLASSIC and row.distance is not None and row.distance_in_theory is not None:
            by_problem.setdefault(row.problem, []).append(row)
    for problem, found in by_problem.items():
        # Data rounded to a narrower dtype are another problem with another end: theory is that of the widest one.
        widest = max(found, key=lambda row: BY_NAME[row.dtype].precision)
        same = [row.distance for row in found if row.dtype == widest.dtype and row.distance is not None]
        # Converged is what no correct run in this arithmetic could be told from.
        near = ", too near to resolve" if "distance" in widest.blind else ""
        lines.append(
            f"{problem}: {'after' if near else 'not converged after'} {widest.steps} steps; theory puts the run "
            f"{widest.distance_in_theory:.6g} from the least-squares solution{near}, "
            f"in {widest.dtype} it ended {_span(same)} from it"
        )
    return lines


def _span(values: Sequence[float]) -> str:
    low, high = f"{min(values):.6g}", f"{max(values):.6g}"
    return low if low == high else f"{low} to {high}"


def _first_line(text: str) -> str:
    """An exception's text may run over many lines: the table has one for it, and the report has them all."""
    first, *others = text.strip().splitlines() or [""]
    return f"{first} …" if others else first


def _entry(row: Row) -> tuple[str, ...]:
    return (
        row.implementation,
        row.device,
        row.dtype,
        row.problem,
        str(row.steps),
        str(row.checks),
        *(_ratio(row, name) for name in ("gradient", "update", "final")),
        "-" if row.resolution is None else f"{row.resolution:.1g}",
        row.verdict if not row.known else f"{row.verdict} (known: {row.known})",
    )


def _ratio(row: Row, quantity: str) -> str:
    value: float | None = getattr(row, quantity)
    if value is None:
        return "-"
    # A ratio beyond 1 is news even where nothing subtler would have been seen.
    return "blind" if quantity in row.blind and value <= 1 else f"{value:.2g}"


def _line(entry: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(text.ljust(width) for text, width in zip(entry, widths, strict=True)).rstrip()
