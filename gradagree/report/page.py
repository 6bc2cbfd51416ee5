"""The page: one file with everything in it, that asks nobody for anything.

Jinja2 escapes what the template shows, and the rows go as JSON to a script that only ever writes text. The page's own
content security policy allows that one script, by its hash, and no network: a name that holds markup stays a name.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import jinja2

from gradagree.checking.verdict import Verdict
from gradagree.matrix.row import Row
from gradagree.report.data import GLYPHS, MEANINGS, ORDER, encoded
from gradagree.report.figures import plots
from gradagree.report.figures.svg import Plot
from gradagree.report.header import differences, flat
from gradagree.report.run import Run, headline
from gradagree.report.truncation import shortened

TEMPLATE = Path(__file__).parent / "template"
PAGE_BYTES = 9_900_000  # of at most 10 MB
PLAIN_BYTES = 4_400_000  # of the page without its plots
LENGTHS = (600, 240, 120, 60, 30, 12)  # characters of a text, from what is comfortable down to what tells cells apart
PARTS = 1000  # implementations with a part of their own
COLUMNS, FIELDS = 60, 120  # of the runs' table
DRAWN = 80  # implementations: half a second each
TOLD = 30  # of what disagrees, one implementation each; the rest stands further down
LINES = 6
FAVOURITE = "stackoverflow"  # the problem that people know
BAD = (Verdict.DISAGREES.value, Verdict.INVALID.value)


@dataclass
class Section:
    """An implementation's part of the page."""

    name: str
    framework: str
    rows: list[tuple[Run, Row]] = field(default_factory=list)
    plots: list[Plot] = field(default_factory=list)
    undrawn: bool = False
    shown: bool = False

    @property
    def verdict(self) -> str:
        """The most alarming verdict of its rows; one that is known comes after any that is new."""
        return self.first.verdict

    @cached_property
    def first(self) -> Row:
        """The row that speaks for it: of the most alarming ones, the one that went wrong at the earliest step."""
        return min((row for _, row in self.rows), key=lambda row: (row.rank, _step(row)))

    @property
    def alike(self) -> int:
        """How many rows are as alarming as that."""
        return sum(row.rank == self.first.rank for _, row in self.rows)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many rows came to which verdict, the most alarming first."""
        found = Counter(row.verdict for _, row in self.rows)
        return {v: found[v] for v in ORDER if found[v]}

    @property
    def told(self) -> list[str]:
        """What the judge takes it for, where it does: another arithmetic, a mistake."""
        return [sentence for sentence in (self.first.arithmetic, self.first.diagnosis) if sentence]


def page(runs: Sequence[Run]) -> str:
    """The page of one or more runs, as HTML.

    Parameters
    ----------
    runs
        in the order in which they shall be numbered.
    """
    for longest in LENGTHS:
        short = shortened(runs, longest)
        sections = _sections(short)
        content = _content(short, sections, longest)
        size = len(_template().render(content).encode())
        if size <= PLAIN_BYTES:
            break
    _draw(sections, len(runs) > 1, PAGE_BYTES - max(size, PLAIN_BYTES))
    return _template().render(content)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("page.html")


def _content(runs: Sequence[Run], sections: Sequence[Section], longest: int) -> dict[str, Any]:
    """What the template shows; the plots of the sections may be drawn later on."""
    rows = [row for run in runs for row in run.rows]
    headers = [flat(run.header) for run in runs]
    fields = list(dict.fromkeys(name for header in headers for name in header))
    script = (TEMPLATE / "page.js").read_text(encoding="utf-8")
    return {
        "runs": runs,
        "sections": sections,
        "problems": [section for section in _worst_first(sections) if section.verdict in BAD],
        "told": TOLD,
        "agreeing": sum(row.verdict == Verdict.AGREES.value for row in rows),
        "disagreeing": sum(row.verdict in BAD for row in rows),
        "known": sum(row.verdict in BAD and not row.unexpected for row in rows),
        "mended": sum(row.verdict == Verdict.AGREES.value and row.unexpected for row in rows),
        "total": len(rows),
        "headline": headline(runs),
        "checks": sum(row.checks for row in rows),
        "parts": PARTS,
        "headers": headers[:COLUMNS],
        "columns": COLUMNS,
        "fields": fields[:FIELDS],
        "more_fields": len(fields[FIELDS:]),
        "differing": differences([run.header for run in runs]),
        "glyphs": GLYPHS,
        "meanings": MEANINGS,
        "style": (TEMPLATE / "page.css").read_text(encoding="utf-8"),
        "script": script,
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        "data": _in_script(encoded(runs, [section.name for section in sections], longest)),
    }


def _sections(runs: Sequence[Run]) -> list[Section]:
    found: dict[str, Section] = {}
    for run in runs:
        for row in run.rows:
            section = found.setdefault(row.implementation, Section(row.implementation, row.framework))
            section.rows.append((run, row))
    for section in _worst_first(found.values())[:PARTS]:
        section.shown = True
    return sorted(found.values(), key=lambda section: (section.framework, section.name))


def _worst_first(sections: Iterable[Section]) -> list[Section]:
    return sorted(sections, key=lambda section: section.first.rank)


def _draw(sections: Sequence[Section], several: bool, room: int) -> None:
    """Plots for as many implementations as there is room for, in bytes, the most alarming first."""
    for place, section in enumerate(_worst_first(sections)):
        if room <= 0 or place >= DRAWN:
            section.undrawn = any(row.curves for _, row in section.rows)
            continue
        problem = _telling_problem(section)
        chosen = sorted(
            ((_label(run, row, several), row) for run, row in section.rows if row.problem == problem and row.curves),
            key=lambda pair: pair[1].rank,
        )
        sizes = [(_label(run, row, several), row) for run, row in section.rows if row.rows and row.bits is not None]
        found = plots(chosen[:LINES], sizes)
        room -= sum(len(plot.svg.encode()) + len(html.escape(plot.alternative).encode()) for plot in found)
        section.undrawn = room < 0 and bool(found)
        section.plots = found if room >= 0 else []


def _telling_problem(section: Section) -> str:
    """The problem that shows the most: where it first went wrong, else the one that people know."""
    drawable = {row.problem: None for _, row in section.rows if row.curves}
    if section.verdict in BAD and section.first.problem in drawable:
        return section.first.problem
    return FAVOURITE if FAVOURITE in drawable else next(iter(drawable), "")


def _label(run: Run, row: Row, several: bool) -> str:
    return f"{row.device} {row.dtype}" + (f", {run.name}" if several else "")


def _step(row: Row) -> float:
    return float("inf") if row.step is None else row.step


def _in_script(values: object) -> str:
    """JSON that cannot end the element it stands in, whatever its strings hold."""
    text = json.dumps(values, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
