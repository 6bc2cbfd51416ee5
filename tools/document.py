"""Documents that are written by runs: tables in Markdown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], numbers: Collection[int] = ()) -> Iterator[str]:
    """The lines of a table in Markdown, the columns of `numbers` set to the right."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{''.join('---:|' if k in numbers else '---|' for k in range(len(heads)))}"
    for row in rows:
        yield f"| {' | '.join(cell(str(value)) for value in row)} |"


def cell(text: str) -> str:
    """Text that stands in a table."""
    return text.replace("|", "\\|")


def cells(line: str) -> list[str]:
    """What stands in the cells of a table's line."""
    return [one.strip().replace("\0", "|") for one in line.replace("\\|", "\0").strip("|").split("|")]
