"""Documents that are written by runs: tables in Markdown, and blocks between markers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], numbers: int = 0) -> Iterator[str]:
    """The lines of a table in Markdown, its last columns set to the right where they are numbers."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * (len(heads) - numbers)}{'---:|' * numbers}"
    for row in rows:
        yield f"| {' | '.join(cell(str(value)) for value in row)} |"


def cell(text: str) -> str:
    """Text that stands in a table."""
    return text.replace("|", "\\|")


def cells(line: str) -> list[str]:
    """What stands in the cells of a table's line."""
    return [one.strip().replace("\0", "|") for one in line.replace("\\|", "\0").strip("|").split("|")]
