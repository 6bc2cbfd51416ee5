"""The agreement table's lines, whatever stands in a row."""

from gradagree.table import table
from tests.rows import row


def test_an_exception_of_many_lines_takes_one() -> None:
    lines = table(
        [row(verdict="INVALID", reason="step 0: raised Error: planted\n\n  in kernel\n", notes=("a\r\nb",)), row()]
    )
    assert lines[2:4] == ["    step 0: raised Error: planted …", "    a …"]
    assert len(lines) == 5


def test_a_reason_of_one_line_stands_as_it_is() -> None:
    assert table([row(verdict="INVALID", reason="it raised")])[2] == "    it raised"
