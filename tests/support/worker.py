"""A worker without a process of its own: what is tested is the answer, and starting a framework takes seconds."""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from typing import Any

import pytest

from gradagree.runtime.worker.process import Output
from gradagree.runtime.worker.protocol import line, read
from gradagree.runtime.worker.serve import Server


class WorkerHere:
    """Stands in for `Process`: it serves each request when it is sent, in this process."""

    def __init__(self, output: Output) -> None:
        self._output, self._replies = output, io.BytesIO()
        self._server = Server(self._replies)

    def send(self, message: dict[str, Any]) -> None:
        printed = io.StringIO()
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            pytest.MonkeyPatch.context() as patch,
            warnings.catch_warnings(),
        ):
            patch.setattr(sys, "argv", [*sys.argv])
            patch.setattr(sys, "path", [*sys.path])
            warnings.resetwarnings()
            warnings.showwarning = self._server.note_warning
            self._server.answer(read(line(message)))
        self._output.add(printed.getvalue())

    def receive(self, seconds: float) -> bytes:  # noqa: ARG002
        reply = self._replies.getvalue()
        self._replies.seek(0)
        self._replies.truncate()
        return reply

    def end(self, at_once: bool = False) -> int:  # noqa: ARG002
        return 0
