"""The worker's side: it answers requests on a pipe of its own, and leaves the standard ones to the user's code."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from gradagree.runtime.failure import described, failure
from gradagree.runtime.worker import process, protocol
from gradagree.runtime.worker.limit import TimeLimit

WARNINGS = 100  # that are passed on with one reply

Run = Callable[[dict[str, Any]], dict[str, Any]]


def main() -> None:
    """Answer each request until the parent closes the pipe: `{"load": …, "timeout": …}` or `{"run": …}`.

    A reply is `{"ok": …}`, or `{"failure": …}` with what the user's code raised, `SystemExit` among it, or
    `{"own": …}` with what ours did. Beside it stand the warnings since the one before, and `last` where the process
    ends after it.
    """
    requests, replies = _private_pipes()
    server = Server(replies)
    todo: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_listen, args=(requests, todo), daemon=True).start()
    # Whether a warning is an error is for the user's code to say, not for whoever started us.
    warnings.resetwarnings()
    warnings.showwarning = server.note_warning
    while text := todo.get():
        server.answer(protocol.read(text))


class Server:
    """Answers requests, with what was loaded last."""

    def __init__(self, replies: BinaryIO) -> None:
        self._replies = replies
        self._path = ""
        self._run: Run | None = None
        self._warnings: list[list[Any]] = []
        self._show = warnings.showwarning

    def answer(self, request: dict[str, Any]) -> None:
        """Do what is asked, and reply."""
        try:
            if "load" in request:
                self._path, self._run = request["load"]["path"], None
                self._run = self._loaded(request["load"], request["timeout"])
                self.reply({"ok": {}})
            else:
                assert self._run is not None
                self.reply({"ok": self._run(request["run"])})
        except BaseException as error:  # sys.exit() at import is one of the things a file may do
            # What the user's code raises in a run is in the answer: an exception there is our own.
            own = "run" in request and isinstance(error, Exception)
            self.reply({"own": described(error)} if own else {"failure": failure(error, self._path).as_json()})

    def reply(self, message: dict[str, Any]) -> None:
        """Send a reply."""
        noted, self._warnings = self._warnings, []
        self._replies.write(protocol.line({**message, "warnings": noted}))
        self._replies.flush()

    def note_warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        """Show a warning as ever, and pass it on."""
        if len(self._warnings) < WARNINGS:
            self._warnings.append([str(message), category.__name__, filename, lineno])
        self._show(message, category, filename, lineno, file, line)

    def _loaded(self, first: dict[str, Any], timeout: float) -> Run:
        sys.argv = [self._path]
        folder = str(Path(self._path).parent)
        sys.path[:] = [folder, *(entry for entry in sys.path if entry != folder)]
        limit = TimeLimit(timeout, lambda answer: self.reply({"ok": answer, "last": True}))
        if first["way"] == "function":
            from gradagree.runtime.worker.function import FunctionWorker

            worker = FunctionWorker(self._path, first["function"], first["framework"], first["device"])
            return lambda request: worker.record(request, limit)
        if first["way"] == "optimizer":
            from gradagree.runtime.worker.optimizer import OptimizerWorker

            optimizer = OptimizerWorker(self._path, first["function"], first["framework"], first["device"])
            return lambda request: optimizer.run(request, limit)
        from gradagree.runtime.worker.script import ScriptWorker

        script = ScriptWorker(self._path, first["framework"])
        return lambda _request: script.run(limit)


def _listen(requests: BinaryIO, todo: queue.Queue[bytes]) -> None:
    """Hand requests on. Once the parent has closed the pipe, or died, this process ends, its children with it."""
    for text in requests:
        todo.put(text)
    todo.put(b"")
    time.sleep(process.GRACE)
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes to the parent, moved to where no print and no input() reaches them.

    Standard input becomes empty, and standard output joins standard error, which the parent drains.
    """
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, replies
