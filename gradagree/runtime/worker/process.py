"""The parent's side of the worker: start it, ask it, drain what it prints, and give up on it when its time is up."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from gradagree.runtime.failure import Failure
from gradagree.runtime.isolation import ended
from gradagree.runtime.worker.protocol import line, read

HOUSE = Path(__file__).parents[3]

# `-P` keeps the working directory off the path; `python -m` would put it there. The worker's own folder comes later.
START = "import sys; sys.path.insert(0, sys.argv[1]); from gradagree.runtime.worker.serve import main; main()"

KEPT = 20_000  # characters of what the worker prints
GRACE = 3.0  # seconds: the worker stops its own code at the limit and replies; this is for when it cannot


class WorkerError(Exception):
    """The user's code did not get as far as an answer.

    Parameters
    ----------
    failure
        what it raised; `None` where the process itself ended, or had to be ended.
    reason
        one sentence, where there is no failure.
    timed_out
        whether its time was up.
    """

    def __init__(self, failure: Failure | None, reason: str = "", timed_out: bool = False) -> None:
        super().__init__(str(failure) if failure else reason)
        self.failure, self.reason, self.timed_out = failure, reason, timed_out


class OwnError(RuntimeError):
    """What ran the user's code failed itself."""


class Worker:
    """A process that runs a function or a script.

    Parameters
    ----------
    first
        the first request: `way`, `path`, and what else `serve` takes.
    timeout
        seconds that an answer may take.
    """

    def __init__(self, first: dict[str, Any], timeout: float) -> None:
        self.timeout = timeout
        self.printed = 0
        self._kept: list[str] = []
        self._replies: queue.Queue[bytes] = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", START, str(HOUSE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        threads = (
            threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._drain, args=(self._process.stderr,), daemon=True),
        )
        for thread in threads:
            thread.start()
        self._threads = threads
        self._ready = False
        self._send({**first, "timeout": timeout})

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The worker's answer.

        Raises
        ------
        WorkerError
            if its code raised, the process ended, or the time is up.
        OwnError
            if it was ours that raised.
        """
        if not self._ready:
            self._receive()
            self._ready = True
        self._send(request)
        return self._receive()

    @property
    def output(self) -> str:
        """What the worker printed, its first characters."""
        return "".join(self._kept)[:KEPT]

    def close(self) -> None:
        """End the process and everything that it started."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        if hasattr(os, "killpg"):
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join(GRACE)
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe is not None
            pipe.close()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, _kind: type | None, _error: BaseException | None, _traceback: TracebackType | None) -> None:
        self.close()

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        # A worker that has gone says so by what it does not answer.
        with contextlib.suppress(OSError):
            self._process.stdin.write(line(message))
            self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        try:
            text = self._replies.get(timeout=self.timeout + GRACE)
        except queue.Empty:
            raise WorkerError(None, f"still running after {self.timeout:g} s", timed_out=True) from None
        if not text:
            status = self._process.wait()
            raise WorkerError(None, f"its process ended {ended(status)} before the loop did")
        message = read(text)
        if "failure" in message:
            raise WorkerError(Failure(**message["failure"]))
        if "own" in message:
            raise OwnError(f"{message['own']}, while it watched")
        answer: dict[str, Any] = message["ok"]
        return answer

    def _listen(self, pipe: BinaryIO) -> None:
        for text in pipe:
            self._replies.put(text)
        self._replies.put(b"")

    def _drain(self, pipe: BinaryIO) -> None:
        while chunk := os.read(pipe.fileno(), 1 << 16):
            text = chunk.decode(errors="replace")
            if self.printed < KEPT:
                self._kept.append(text)
            self.printed += len(text)


def _environment() -> dict[str, str]:
    """The environment of the worker: nothing in it lets a window open, or a cache be written beside the file."""
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "PYTHONSTARTUP", "PYTHONWARNINGS"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**kept, "MPLBACKEND": "Agg", "BROWSER": "true", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
