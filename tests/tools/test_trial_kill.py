"""A slice of the kill matrix, and the page that shows the whole of it."""

from __future__ import annotations

import pytest

from gradagree.checking.verdict import Verdict
from tools.trial import kill_matrix
from tools.trial.document import DOCUMENT, marks
from tools.trial.faults import MUTANTS
from tools.trial.kill_cell import Cell, Outcome
from tools.trial.kill_matrix import DTYPES, ROWS, STEPS, Matrix, mark_of, matrix

pytestmark = pytest.mark.sweep

SLICE_ROWS, SLICE_STEPS = ROWS[:1], STEPS[:2]


@pytest.fixture(scope="module")
def found() -> Matrix:
    return matrix(DTYPES, SLICE_ROWS, SLICE_STEPS)


def test_every_promised_kill_is_made(found: Matrix) -> None:
    assert found.escaped == []


def test_no_clean_evaluation_is_accused(found: Matrix) -> None:
    assert found.accused == []


def test_the_page_shows_what_is_predicted_now(found: Matrix) -> None:
    """The columns of the slice stand first in the page's rows."""
    page = marks(DOCUMENT.read_text(encoding="utf-8"))
    now = {key: "".join(mark_of(o) for o in row) for key, row in found.outcomes.items()}
    assert {key: signs[: len(SLICE_STEPS)] for key, signs in page.items()} == now


def test_the_page_is_whole_and_without_a_failure() -> None:
    page = marks(DOCUMENT.read_text(encoding="utf-8"))
    assert set(page) == {(dtype, name) for dtype in DTYPES for name in MUTANTS}
    assert {len(signs) for signs in page.values()} == {len(ROWS) * len(STEPS)}
    assert "✗" not in "".join(page.values())


def test_a_promised_kill_that_is_not_made_is_a_failure() -> None:
    missed = Outcome("gradient", 1.5, False, Verdict.AGREES)
    assert missed.survived_wrongly
    assert mark_of(missed) == "✗"
    other = Matrix([16], [0], {("float32", "mutant"): [missed]})
    assert other.escaped == ["float32: mutant, effect/bound 1.5, AGREES"]
    assert any("ESCAPED" in line for line in kill_matrix.summary(other))


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_the_resolution_promises_is_caught(dtype: str) -> None:
    """Scaled by twice as much as the check says that it resolves, the extra rounding of the product allowed for."""
    cell = Cell(dtype, 16, 0)
    resolution = cell.judge().checks["gradient"].resolution
    wrong = cell.machine.store(cell.gradient * (1 + 2 * resolution))
    assert cell.judge(gradient=wrong).verdict is Verdict.DISAGREES
