"""Whatever there is to show, a page stays small: very many rows, runs, and long texts."""

from dataclasses import replace

import pytest

from gradagree.matrix.row import Row
from gradagree.report.run import Run
from tests.support.rows import GOOD, head, right_row, row, wrong

pytest.importorskip("jinja2", reason="the page needs jinja2 and matplotlib; pip install -e '.[report]' will do")
pytest.importorskip("matplotlib", reason="the page needs jinja2 and matplotlib; pip install -e '.[report]' will do")

from gradagree.report import page as page_module
from gradagree.report.page import COLUMNS, PARTS, PLAIN_BYTES, page

pytestmark = pytest.mark.sweep


def run(*rows: Row) -> Run:
    return Run("run", head(), list(rows), whole=True)


def test_twenty_thousand_rows_stay_below_ten_megabytes() -> None:
    rows = [
        wrong(implementation=f"torch_road_{k % 125}", problem=f"problem_{k % 40}", notes=("x" * 500 + str(k),))
        for k in range(20_000)
    ]
    assert len(page([run(*rows)]).encode()) < 10e6


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(
            [wrong(implementation=f"torch_road_{k}", reason=f"step {k}, " + "x" * 400) for k in range(2_000)],
            id="implementations",
        ),
        pytest.param([wrong(implementation=f"{k}" + "<" * 5_000) for k in range(200)], id="long names"),
        pytest.param([wrong(reason=f"{k}" + "&" * 5_000) for k in range(2_000)], id="long reasons"),
        pytest.param([wrong(device=f"{k}" + "ü" * 200, dtype=f"{k}" + "<" * 200) for k in range(2_000)], id="texts"),
    ],
)
def test_whatever_the_rows_are(rows: list[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the rows and of the room, for a tenth of the time."""
    for name in ("PAGE_BYTES", "PLAIN_BYTES", "PARTS"):
        monkeypatch.setattr(f"gradagree.report.page.{name}", getattr(page_module, name) // 10)
    assert len(page([run(*rows)]).encode()) < 1e6


def test_of_very_many_implementations_the_worst_have_their_part() -> None:
    many = [row(implementation=f"road_{k}") for k in range(PARTS)]
    text = page([run(*many, wrong(implementation="wrong_road"))])
    assert '<span class="name">wrong_road</span>' in text
    assert text.count('<details class="part"') == PARTS
    assert "1 more implementations have no part here" in text
    assert "have no part here" not in page([run(*many)])


def test_of_very_many_runs_some_have_a_column() -> None:
    own = head()
    found = [Run(f"run_{k}" + "x" * 5_000, own | {"revision": "y" * k}, [GOOD], ["w" * 9_000]) for k in range(3_000)]
    text = page(found)
    assert len(text.encode()) < 10e6
    for left_out in (f"{3_000 - COLUMNS:,} more runs are left out", "2,970 more warnings are left out"):
        assert left_out in text
    few = page(found[:2])
    assert "left out" not in few.split('id="data"')[0]
    assert "These runs differ in revision" in few


def test_plots_keep_to_the_room_that_the_rest_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    right = right_row("numpy_on_trial")
    names = [replace(right, implementation=f"road_{k}") for k in range(3)]
    whole = page([run(*names)])
    assert whole.count("<figure") == 12
    monkeypatch.setattr("gradagree.report.page.PAGE_BYTES", PLAIN_BYTES + 2 * len(whole.encode()) // 3)
    text = page([run(*names)])
    assert 0 < text.count("<figure") < 12
    assert "Its plots are left out" in text
