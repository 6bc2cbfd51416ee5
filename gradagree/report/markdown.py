"""A summary in Markdown, small enough for a forge to show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from gradagree.checking.verdict import Verdict
from gradagree.matrix.row import BAD, Row
from gradagree.matrix.table import order, repetition, summary
from gradagree.report.header import differences
from gradagree.report.outcome import outcome, shows_known_defect
from gradagree.report.run import Run, headline
from gradagree.report.truncation import shortened, truncate
from gradagree.report.words import GLYPHS

LIMIT = 1 << 20  # bytes: what GitHub takes as the summary of a job's step
SPECIAL = str.maketrans({character: f"&#{ord(character)};" for character in "&<>|`*[]~\\@#"} | {"\n": " ", "\r": " "})
REASON = 300  # characters of a reason that are worth a line


def markdown(runs: Sequence[Run], limit: int = LIMIT) -> str:
    """The runs as Markdown, of at most `limit` bytes.

    What is missing comes first, and then what is unexpected. What does not fit is left out in this order, and the text
    says how much: agreeing cells, cells that were not run, inconclusive ones, and the others from the end. Of very many
    runs and warnings not all stand at its head.
    """
    runs = shortened(runs, REASON)
    rows = sorted(((run, row) for run in runs for row in run.rows), key=lambda pair: order(pair[1]))
    head = _head(runs, limit // 4)
    parts: list[str] = [head]
    room = limit - _size(head) - _size(_left_out(len(rows)))
    left_out = 0
    for title, belongs, line in _parts(len(runs) > 1):
        chosen = [(run, row) for run, row in rows if belongs(row)]
        if not chosen:
            continue
        opening = f"\n### {title}: {len(chosen)}\n\n{line(None)}"
        room -= _size(opening)
        taken = _fitting(map(line, chosen), room)
        # Those further down matter less than those that are left out here: nothing of theirs may stand.
        room = room - sum(map(_size, taken)) if len(taken) == len(chosen) else 0
        left_out += len(chosen) - len(taken)
        if taken:
            parts += [opening, *taken]
    if left_out:
        parts.append(_left_out(left_out))
    return "".join(parts)


Belongs = Callable[[Row], bool]
Line = Callable[[tuple[Run, Row] | None], str]


def _parts(several: bool) -> list[tuple[str, Belongs, Line]]:
    def line(pair: tuple[Run, Row] | None) -> str:
        columns = ["cell", *(["run"] if several else []), "error/bound: gradient", "update", "end", "resolution", "why"]
        if pair is None:
            return f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}\n"
        run, row = pair
        figures = [_figure(value) for value in (row.gradient, row.update, row.final, row.resolution)]
        names = [f"{GLYPHS[row.verdict]} {escape(row.cell)}", *([escape(run.name)] if several else [])]
        return f"| {' | '.join([*names, *figures, escape(truncate(row.why, REASON))])} |\n"

    agrees = Verdict.AGREES
    return [
        ("Disagrees, or is invalid", lambda row: row.verdict in BAD and row.unexpected, line),
        (
            "Agrees, where a defect is known: is it mended?",
            lambda row: row.verdict == agrees and row.unexpected,
            line,
        ),
        ("Disagrees, or is invalid, and is known for it", shows_known_defect, line),
        ("Inconclusive", lambda row: row.verdict == Verdict.INCONCLUSIVE, line),
        ("Not run", lambda row: row.verdict == Verdict.NOT_RUN, line),
        ("Agrees", lambda row: row.verdict == agrees and not row.unexpected, line),
    ]


def escape(text: str) -> str:
    """`text` as it stands: no markup, no table's end, no mention of anybody."""
    return text.translate(SPECIAL)


def _head(runs: Sequence[Run], room: int) -> str:
    """What is missing, the sum of all, and the runs' table; up to `room` bytes each of warnings and of the table."""
    rows = [row for run in runs for row in run.rows]
    warnings = [f"\n> {escape(warning)}\n" for run in runs for warning in run.warnings]
    lines = ["## Agreement with exact gradient descent\n\n"]
    if missing := headline(runs):
        taken = _fitting(warnings, room)
        lines += [f"**{missing}**\n", *taken, _and_more(len(warnings) - len(taken), "warnings"), "\n"]
    lines.append(f"{outcome(rows)}.\n\n{summary(rows)}.\n" if rows else f"{summary(rows)}.\n")
    again = repetition(rows)
    if again:
        lines.append(f"\n{escape(again)}.\n")
    if len(runs) > 1:
        lines.append("\n| run | cells | time | what differs |\n| --- | --- | --- | --- |\n")
        differing = differences([run.header for run in runs])
        taken = _fitting((_of_run(run, place, differing) for place, run in enumerate(runs)), room)
        lines += [*taken, _and_more(len(runs) - len(taken), "runs")]
    return "".join(lines)


def _of_run(run: Run, place: int, differing: Mapping[str, Sequence[str]]) -> str:
    different = "; ".join(f"{name} {values[place] or '–'}" for name, values in differing.items())
    time = escape(run.header.get("time", ""))
    return f"| {escape(run.name)} | {run.of_chosen} | {time} | {escape(truncate(different, 2 * REASON))} |\n"


def _fitting(lines: Iterable[str], room: int) -> list[str]:
    """As many of the lines, from the first on, as `room` bytes hold."""
    taken = []
    for line in lines:
        room -= _size(line)
        if room < 0:
            break
        taken.append(line)
    return taken


def _and_more(count: int, of_what: str) -> str:
    return f"\n{count:,} more {of_what} are left out here.\n" if count else ""


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.2g}"


def _left_out(count: int) -> str:
    return f"\n{count:,} more cells are left out here; the page and the rows have them all.\n"


def _size(text: str) -> int:
    return len(text.encode("utf-8"))
