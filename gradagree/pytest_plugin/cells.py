"""The tests of cells: they are collected where the options ask for cells, and by name in this suite's `tests/`."""

from __future__ import annotations

import pytest

from gradagree.matrix.row import Row


def test_agreement(row: Row) -> None:
    """Every recorded number lies within its derived bound of the exact one, but where a defect is known."""
    if row.verdict == row.expected:
        return
    if row.verdict == "AGREES":
        pytest.fail(f"{row.verdict}, where {row.issue} made {row.expected} of it: is it mended?", pytrace=False)
    pytest.fail(f"{row.verdict}: {row.why}", pytrace=False)


def test_optimizers(optimizer_row: Row) -> None:
    """Every parameter and every quantity of the state lies within its bound after each step, but for known defects."""
    test_agreement(optimizer_row)


def test_second_derivatives(second_row: Row) -> None:
    """Every entry lies within its derived bound of the exact one."""
    if (second_row.verdict, second_row.reason) != ("AGREES", ""):
        pytest.fail(f"{second_row.verdict}: {second_row.why}", pytrace=False)
