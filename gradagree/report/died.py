"""What is said of a cell whose process died: pytest-xdist reports that it did, and its status says how."""

from __future__ import annotations

import subprocess
from typing import Any

from gradagree.matrix.row import Row
from gradagree.runtime.worker.process import ended

TIMED_OUT = 1  # what `faulthandler.dump_traceback_later` exits with
WAIT = 10.0  # seconds for a process to be gone whose pipes are closed


def invalid(blank: Row, worker: Any, judged: Row | None) -> Row:
    """The row of a cell whose worker died.

    Parameters
    ----------
    blank
        the cell's row, without a verdict.
    worker
        pytest-xdist's.
    judged
        the row that the cell had by then.
    """
    status = _status(worker)
    reason = "its process ended" if status is None else f"its process ended {ended(status)}"
    if status == TIMED_OUT:
        reason += ", as it does where a cell of the suite's takes three times --cell-timeout"
    if judged is not None:
        reason += f", after it had been found {judged.verdict}"
    return blank.invalid(reason)


def _status(worker: Any) -> int | None:
    """The status of a worker's process, `None` of one that is not ours, on another machine.

    execnet has no public way to it.
    """
    process = getattr(getattr(worker.gateway, "_io", None), "popen", None)
    try:
        return None if process is None else int(process.wait(WAIT))
    except subprocess.TimeoutExpired:
        return None
