"""What tests of every part may ask for."""

import pytest

from tests.support.worker import WorkerHere


@pytest.fixture
def worker_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are run in this process. That they get one of their own is for the tests of workers."""
    monkeypatch.setattr("gradagree.runtime.worker.client.Process", WorkerHere)
