"""What came of a run, in one sentence: on the page, and as the terminal's closing line."""

from typing import Any

import pytest

from gradagree.matrix.row import Row
from gradagree.report.outcome import NAMED, issue_address, news, outcome
from tests.support.matrix import project
from tests.support.rows import GOOD, row, wrong

pytest_plugins = ["pytester"]

KNOWN: dict[str, Any] = {"expected": "DISAGREES", "issue": "pytorch#1"}
NEW, OLD, MENDED, ABSENT = wrong(), wrong(problem="old", **KNOWN), row(**KNOWN), row(verdict="NOT RUN")
CELL = GOOD.cell


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([GOOD, GOOD, OLD, OLD, ABSENT, ABSENT],
         "Nothing unexpected: 2 cells agree, 2 show known defects, 2 were not run"),
        ([OLD], "Nothing unexpected: 1 shows a known defect"),
        ([NEW, NEW, row(verdict="INVALID"), MENDED, OLD, GOOD],
         "Unexpected: 2 cells disagree, 1 is invalid, 1 agrees where a defect is known"),
        ([wrong(issue="pytorch#1")], "Unexpected: 1 cell disagrees"),
    ],
)  # fmt: skip
def test_outcome_counts_what_is_unexpected_or_else_everything(rows: list[Row], expected: str) -> None:
    assert outcome(rows) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([GOOD, ABSENT], "nothing new: no known defect shows"),
        ([OLD, GOOD], "nothing new: 1 cell shows a known defect of PyTorch"),
        ([OLD, OLD, wrong(framework="jax", **KNOWN)], "nothing new: 3 cells show known defects of PyTorch and JAX"),
        ([NEW, OLD], f"new: 1 cell disagrees: {CELL}"),
        ([NEW, MENDED], f"new: 1 cell disagrees, 1 agrees where a defect is known: {CELL}, {CELL}"),
    ],
)  # fmt: skip
def test_news_is_what_is_unexpected_or_else_which_known_defects_show(rows: list[Row], expected: str) -> None:
    assert news(rows) == expected


def test_news_of_very_many_cells_names_some() -> None:
    assert news([NEW] * (NAMED + 3)).endswith(" and 3 more")
    assert news([NEW] * (NAMED + 3)).count(CELL) == NAMED


def test_news_of_an_incomplete_run_says_so() -> None:
    assert news([GOOD], whole=False) == "nothing new, but the run is incomplete: no known defect shows"


@pytest.mark.parametrize(
    ("issue", "address"),
    [
        ("pytorch#191763", "https://github.com/pytorch/pytorch/issues/191763"),
        ("jax#39103", "https://github.com/jax-ml/jax/issues/39103"),
        ("not reported yet", ""),
        ("elsewhere#1", ""),
        ("javascript:pytorch#1", ""),
    ],
)
def test_issue_address_is_of_known_repositories_alone(issue: str, address: str) -> None:
    assert issue_address(issue) == address


def test_terminal_closes_with_what_is_new(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    small = ("--problem", "probe97", "--dtype", "float32", "--impl", "numpy_analytic,loop.py:half")
    matrix = project(pytester, monkeypatch)
    matrix.makepyfile(loop="from tests.support.rows import half")
    result = matrix.runpytest(*small)
    result.stdout.fnmatch_lines(["2 cells: *", "new: 1 cell disagrees: *loop_half-cpu-float32-probe97"])
    result = matrix.runpytest(*small[:-1], "numpy_analytic")
    result.stdout.fnmatch_lines(["1 cell: *", "nothing new: no known defect shows"])
