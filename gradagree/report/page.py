"""The page: one file with everything in it, that asks nobody for anything.

Jinja2 escapes what the template shows. The rows go as compressed JSON to a script that draws the matrix and the plots
and only ever writes text. The page's own content security policy allows that one script, by its hash, and no network: a
name that holds markup stays a name.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from gradagree.checking.verdict import Verdict
from gradagree.matrix.row import Row
from gradagree.report.header import differences, flat
from gradagree.report.outcome import issue_address, outcome, shows_known_defect
from gradagree.report.run import Run, headline
from gradagree.report.truncation import shortened
from gradagree.report.words import GLYPHS, MEANINGS
from reference.formats import BY_NAME

TEMPLATE = Path(__file__).parent / "template"
SCRIPTS = ("plots.js", "page.js")
LONGEST = 600  # characters of a text
SHOWN = 30  # groups of a list, runs of the header, warnings
COLUMNS, FIELDS = 60, 120  # of the runs' table
DRAWN = 2000  # rows whose curves are embedded: 2 kB each

# What the script shows of a row, beside its name; `why` holds its sentences.
EMBEDDED = (
    "implementation", "framework", "version", "device", "dtype", "problem", "verdict", "blind", "gradient", "update",
    "loss", "final", "resolution", "repeated", "seconds", "rows",
)  # fmt: skip


@dataclass
class Group:
    """Rows that one line speaks of."""

    name: str
    rows: list[tuple[int, Row]] = field(default_factory=list)

    @cached_property
    def first(self) -> tuple[int, Row]:
        """The run and the row that speak for it: of the most alarming ones, the one that went wrong earliest."""
        return min(self.rows, key=lambda pair: (pair[1].rank, float("inf") if pair[1].step is None else pair[1].step))

    @property
    def row(self) -> Row:
        """That row."""
        return self.first[1]

    @property
    def implementations(self) -> list[str]:
        """Whose rows they are."""
        return list(dict.fromkeys(row.implementation for _, row in self.rows))


def page(runs: Sequence[Run]) -> str:
    """The page of one or more runs, as HTML.

    Parameters
    ----------
    runs
        in the order in which they shall be numbered.
    """
    runs = shortened(runs, LONGEST)
    rows = [(place, row) for place, run in enumerate(runs) for row in run.rows]
    headers = [flat(run.header) for run in runs]
    fields = list(dict.fromkeys(name for header in headers for name in header))
    script = "\n".join((TEMPLATE / name).read_text(encoding="utf-8") for name in SCRIPTS)
    return _template().render(
        runs=runs,
        shown=SHOWN,
        headline=headline(runs),
        outcome=outcome(row for _, row in rows) if rows else "",
        surprise=any(row.unexpected for _, row in rows),
        checks=sum(row.checks for _, row in rows),
        warnings=[warning for run in runs for warning in run.warnings],
        unexpected=_grouped(rows, lambda row: row.unexpected, lambda row: row.implementation),
        known=_grouped(rows, shows_known_defect, lambda row: row.issue),
        not_run=_grouped(rows, lambda row: row.verdict == Verdict.NOT_RUN, lambda row: row.reason),
        several=len(runs) > 1,
        address=_address,
        issue_address=issue_address,
        headers=headers[:COLUMNS],
        columns=COLUMNS,
        fields=fields[:FIELDS],
        more_fields=len(fields[FIELDS:]),
        differing=differences([run.header for run in runs]),
        glyphs=GLYPHS,
        meanings=MEANINGS,
        undrawn=max(sum(row.curves is not None for _, row in rows) - DRAWN, 0),
        style=(TEMPLATE / "page.css").read_text(encoding="utf-8"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        data=base64.b64encode(gzip.compress(json.dumps(_data(runs, rows)).encode(), mtime=0)).decode(),
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("page.html")


def _grouped(rows: Iterable[tuple[int, Row]], belongs: Callable[[Row], bool], key: Callable[[Row], str]) -> list[Group]:
    """The rows that belong there, by what they have in common; the most alarming group first."""
    found: dict[str, Group] = {}
    for place, row in rows:
        if belongs(row):
            found.setdefault(key(row), Group(key(row))).rows.append((place, row))
    return sorted(found.values(), key=lambda group: group.row.rank)


def _name(place: int, row: Row, several: bool) -> str:
    """What the page's address calls a cell."""
    return f"{place + 1}:{row.cell}" if several else row.cell


def _address(group: Group, several: bool) -> str:
    """The page's address at which a group's first cell is open."""
    return "#open=" + quote(_name(*group.first, several), safe="")


def _data(runs: Sequence[Run], rows: Sequence[tuple[int, Row]]) -> dict[str, Any]:
    """What the script needs: the most alarming rows carry their curves."""
    by_rank = sorted((k for k, (_, row) in enumerate(rows) if row.curves is not None), key=lambda k: rows[k][1].rank)
    drawn = set(by_rank[:DRAWN])
    found = []
    for k, (place, row) in enumerate(rows):
        values = row.as_json()
        found.append(
            {name: values[name] for name in EMBEDDED}
            | {
                "name": _name(place, row, several=len(runs) > 1),
                "run": place,
                "rank": row.rank,
                "unexpected": row.unexpected,
                "known": shows_known_defect(row),
                "issue": row.known,
                "link": issue_address(row.known),
                "why": row.why[:LONGEST],
                "right_bits": row.right_bits if row.right_bits is None or abs(row.right_bits) < 1e6 else None,
                "curves": values["curves"] if k in drawn else None,
            }
        )
    return {
        "rows": found,
        "runs": [run.name for run in runs],
        "verdicts": [{"name": name, "glyph": GLYPHS[name]} for name in Verdict],
        "dtypes": list(BY_NAME),
    }
