"""The agreement matrix: one test item for each implementation, device, dtype and problem."""

import pytest

from gradagree.matrix.row import Row

pytestmark = pytest.mark.sweep


def test_agreement(row: Row) -> None:
    """Every recorded number lies within its derived bound of the exact one, but where a defect is known."""
    if row.verdict == row.expected:
        return
    if row.verdict == "AGREES":
        pytest.fail(f"{row.verdict}, where {row.issue} made {row.expected} of it: is it mended?", pytrace=False)
    pytest.fail(f"{row.verdict}: {row.why}", pytrace=False)
