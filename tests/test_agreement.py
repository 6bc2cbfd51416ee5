"""The agreement matrix: one test item for each implementation, device, dtype and problem."""

import pytest

from gradagree.row import Row
from gradagree.verdict import Verdict


def test_agreement(row: Row) -> None:
    """Every recorded number lies within its derived bound of the exact one."""
    if row.verdict != Verdict.AGREES.value:
        pytest.fail(f"{row.verdict}: {row.reason}", pytrace=False)
