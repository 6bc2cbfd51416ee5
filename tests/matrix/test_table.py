"""The agreement table's lines, whatever stands in a row."""

import pytest

from gradagree.matrix.table import NAMED, convergence, in_order, repetition, summary, table
from tests.support.rows import row, wrong


def test_an_exception_of_many_lines_takes_one() -> None:
    lines = table(
        [row(verdict="INVALID", reason="step 0: raised Error: planted\n\n  in kernel\n", notes=("a\r\nb",)), row()]
    )
    assert lines[2:4] == ["    step 0: raised Error: planted …", "    a …"]
    assert len(lines) == 5


def test_what_is_unexpected_comes_first() -> None:
    known = wrong(implementation="a", expected="DISAGREES", issue="x#1")
    mended = row(implementation="c", expected="DISAGREES", issue="x#1")
    absent = row(implementation="b", verdict="NOT RUN")
    invalid, new = wrong(implementation="y", verdict="INVALID"), wrong(implementation="z")
    assert in_order([row(), known, absent, mended, invalid, new]) == [new, invalid, mended, known, absent, row()]


def test_a_reason_of_one_line_stands_as_it_is() -> None:
    assert table([row(verdict="INVALID", reason="it raised")])[2] == "    it raised"


def test_cells_that_did_not_repeat_are_named() -> None:
    rows = [row(repeated=True), row(repeated=False, problem="probe97"), row(repeated=None, problem="other")]
    told = repetition(rows)
    assert told.endswith(": 1 of the cells, torch_manual-cpu-float32-probe97")
    assert "not required" in told


def test_where_all_repeated_there_is_nothing_to_say() -> None:
    assert repetition([row(repeated=True), row(repeated=None)]) == ""


def test_of_very_many_some_are_named() -> None:
    told = repetition(row(repeated=False, problem=f"problem_{k}") for k in range(NAMED + 5))
    assert f"{NAMED + 5} of the cells" in told
    assert told.count("torch_manual") == NAMED
    assert told.endswith(" and 5 more")
    assert not repetition(row(repeated=False, problem=f"problem_{k}") for k in range(NAMED)).endswith("more")


def test_table_has_a_line_as_documented() -> None:
    line = "torch_manual cpu float32 stackoverflow 500 2504 0.059 0.96 0.0035 1e-05 AGREES"
    assert table([row()])[1].split() == line.split()


@pytest.mark.parametrize(("final", "told"), [(0.0035, "blind"), (3.0, "3")])
def test_table_calls_a_blind_pass_blind_and_no_blind_failure(final: float, told: str) -> None:
    assert table([row(blind=("final",), final=final)])[1].split()[8] == told


def test_in_order_whatever_order_rows_arrived_in() -> None:
    first = row(implementation="torch_a")
    assert in_order([row(), first]) == [first, row()]


def test_convergence_is_told_by_problem() -> None:
    assert convergence([row(distance=0.12406, distance_in_theory=0.12404)]) == [
        "stackoverflow: not converged after 500 steps; theory puts the run 0.12404 from the least-squares solution, in "
        "float32 it ended 0.12406 from it"
    ]


def test_summary_counts_cells_and_comparisons() -> None:
    assert summary([row()]) == "1 cell: 1 AGREES; 2,504 comparisons with exact numbers"
