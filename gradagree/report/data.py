"""The rows as the page's script takes them: columns, and each text once, so that 20,000 rows stay a few megabytes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from gradagree.checking.verdict import Verdict
from gradagree.report.run import Run
from gradagree.report.truncation import NAMES, cut
from reference.formats import BY_NAME

ORDER = [verdict.value for verdict in Verdict]  # most alarming first
GLYPHS = {
    Verdict.DISAGREES.value: "✗",
    Verdict.INVALID.value: "!",
    Verdict.INCONCLUSIVE.value: "?",
    Verdict.NOT_RUN.value: "–",
    Verdict.AGREES.value: "✓",
}
MEANINGS = {
    Verdict.DISAGREES.value: "a number lies outside its bound: a wrong gradient or update, or another arithmetic",
    Verdict.INVALID.value: "no number to compare: it raised, or the shape, dtype, device or number of steps is another",
    Verdict.INCONCLUSIVE.value: "nothing contradicts, but the bounds are too wide to tell; never a pass",
    Verdict.NOT_RUN.value: "the framework or the device is not here",
    Verdict.AGREES.value: "every number lies inside its bound, and the bounds were narrow enough to tell",
}
FIGURES = ("gradient", "update", "loss", "final", "resolution", "right_bits", "seconds")


def encoded(runs: Sequence[Run], implementations: Sequence[str], longest: int) -> dict[str, Any]:
    """What the script needs; of what is told of a cell, at most `longest` characters.

    Returns
    -------
    `texts`, each once; a column of places in it for each of `NAMES` and for `why`; a column of numbers (or of `null`,
    or of the strings `inf` and `nan`) for each of `FIGURES`; `rank`, 0 the most
    alarming; `run` and `verdict` as places in `runs` and `verdicts`;
    `repeated` as 1, 0, or `null` where there was no second run.
    """
    rows = [(place, row) for place, run in enumerate(runs) for row in run.rows]
    texts: dict[str, int] = {}

    def text(value: str) -> int:
        return texts.setdefault(value, len(texts))

    columns: dict[str, list[Any]] = {name: [text(getattr(row, name)) for _, row in rows] for name in NAMES}
    columns["why"] = [text(cut(row.why, longest)) for _, row in rows]
    columns["run"] = [place for place, _ in rows]
    columns["rank"] = [row.rank for _, row in rows]
    columns["verdict"] = [ORDER.index(row.verdict) for _, row in rows]
    columns["blind"] = [int("gradient" in row.blind) + 2 * int("update" in row.blind) + 4 * int("final" in row.blind)
                        for _, row in rows]  # fmt: skip
    columns["repeated"] = [None if row.repeated is None else int(row.repeated) for _, row in rows]
    for name in FIGURES:
        columns[name] = [_short(getattr(row, name)) for _, row in rows]
    return {
        "texts": list(texts),
        "columns": columns,
        "runs": [run.name for run in runs],
        "verdicts": [{"name": name, "glyph": GLYPHS[name]} for name in ORDER],
        "implementations": [text(name) for name in implementations],
        "dtypes": list(BY_NAME),
    }


def _short(value: float | None) -> float | str | None:
    if value is None:
        return None
    if not math.isfinite(value):
        return str(value)
    short = float(f"{value:.3g}")
    # A ratio just inside its bound must not look as if it stood on it.
    return 0.999 if short == 1 and value < 1 else short
