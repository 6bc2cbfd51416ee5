"""The page: one file with everything in it, that asks nobody for anything.

Jinja2 escapes what the template shows, and the rows go as JSON to a script that only ever writes text. The page's own
content security policy allows that one script, by its hash, and no network: a name that holds markup stays a name.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jinja2

from gradagree.report.data import GLYPHS, MEANINGS, ORDER, encoded
from gradagree.report.figures import Plot, plots
from gradagree.report.header import differences, flat
from gradagree.report.reader import Run
from gradagree.row import Row
from gradagree.verdict import Verdict

TEMPLATE = Path(__file__).parent / "template"
FIGURE_BYTES = 5_500_000  # of a page that stays below 10 MB
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

    @property
    def verdict(self) -> str:
        """The most alarming verdict of its rows."""
        return min((row.verdict for _, row in self.rows), key=ORDER.index)

    @property
    def first(self) -> Row:
        """The row that speaks for it: of the most alarming ones, the one that went wrong at the earliest step."""
        return min((row for _, row in self.rows if row.verdict == self.verdict), key=_step)

    @property
    def alike(self) -> int:
        """How many rows came to the most alarming verdict."""
        return self.counts[self.verdict]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows came to which verdict, the most alarming first."""
        return {v: n for v in ORDER if (n := sum(row.verdict == v for _, row in self.rows))}

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
    sections = _sections(runs)
    _draw(sections, len(runs) > 1)
    rows = [row for run in runs for row in run.rows]
    headers = [flat(run.header) for run in runs]
    script = (TEMPLATE / "page.js").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("page.html").render(
        runs=runs,
        sections=sections,
        problems=[section for section in _worst_first(sections) if section.verdict in BAD],
        told=TOLD,
        agreeing=sum(row.verdict == Verdict.AGREES.value for row in rows),
        disagreeing=sum(row.verdict in BAD for row in rows),
        known=sum(row.verdict in BAD and row.verdict == row.expected for row in rows),
        total=len(rows),
        checks=sum(row.checks for row in rows),
        headers=headers,
        fields=list(dict.fromkeys(name for header in headers for name in header)),
        differing=differences([run.header for run in runs]),
        glyphs=GLYPHS,
        meanings=MEANINGS,
        style=(TEMPLATE / "page.css").read_text(encoding="utf-8"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        data=_in_script(encoded(runs, [section.name for section in sections])),
    )


def _sections(runs: Sequence[Run]) -> list[Section]:
    found: dict[str, Section] = {}
    for run in runs:
        for row in run.rows:
            section = found.setdefault(row.implementation, Section(row.implementation, row.framework))
            section.rows.append((run, row))
    return sorted(found.values(), key=lambda section: (section.framework, section.name))


def _worst_first(sections: Sequence[Section]) -> list[Section]:
    return sorted(sections, key=lambda section: ORDER.index(section.verdict))


def _draw(sections: Sequence[Section], several: bool) -> None:
    """Plots for as many implementations as the page can hold, the most alarming first."""
    room = FIGURE_BYTES
    for place, section in enumerate(_worst_first(sections)):
        if room <= 0 or place >= DRAWN:
            section.undrawn = any(row.curves for _, row in section.rows)
            continue
        problem = _telling_problem(section)
        chosen = sorted(
            ((_label(run, row, several), row) for run, row in section.rows if row.problem == problem and row.curves),
            key=lambda pair: ORDER.index(pair[1].verdict),
        )
        sizes = [(_label(run, row, several), row) for run, row in section.rows if row.rows and row.bits is not None]
        section.plots = plots(chosen[:LINES], sizes)
        room -= sum(len(plot.svg) + len(plot.alternative) for plot in section.plots)


def _telling_problem(section: Section) -> str:
    """The problem that shows the most: where it first went wrong, else the one that people know."""
    drawable = {row.problem: None for _, row in section.rows if row.curves}
    if section.verdict in BAD and section.first.problem in drawable:
        return section.first.problem
    return FAVOURITE if FAVOURITE in drawable else next(iter(drawable), "")


def _label(run: Run, row: Row, several: bool) -> str:
    return f"{row.device} {row.dtype}" + (f", {run.name}" if several else "")


def _step(row: Row) -> float:
    found = re.match(r"step (\d+)", row.reason)
    return int(found[1]) if found else float("inf")


def _in_script(values: object) -> str:
    """JSON that cannot end the element it stands in, whatever its strings hold."""
    text = json.dumps(values, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
