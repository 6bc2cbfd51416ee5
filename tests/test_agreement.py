"""The agreement matrix: one test item for each implementation, device, dtype and problem."""

import pytest

from gradagree.pytest_plugin.cells import test_agreement

__all__ = ["test_agreement"]

pytestmark = pytest.mark.sweep
