"""The parent's side of a worker process: start it, write to it, read from it, drain what it prints, end it."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO

from gradagree.runtime.worker.protocol import line

HOUSE = Path(__file__).parents[3]

# `-P` keeps the working directory off the path; `python -m` would put it there. The worker's own folder comes later.
START = "import sys; sys.path.insert(0, sys.argv[1]); from gradagree.runtime.worker.serve import main; main()"

KEPT = 20_000  # characters of what the worker prints
GRACE = 3.0  # seconds for the worker to reply once its time is over, and to end once nothing more is asked of it


def ended(status: int) -> str:
    """How a process ended, by its exit status as `subprocess` gives it: `"by signal 11"`, `"with status 7"`."""
    return f"by signal {-status}" if status < 0 else f"with status {status}"


class Output:
    """What a worker printed: its first characters, and how many there were."""

    def __init__(self) -> None:
        self.printed = 0
        self.text = ""

    def add(self, text: str) -> None:
        """Count all of it, and keep what there is room for."""
        self.printed += len(text)
        self.text += text[: KEPT - len(self.text)]

    def taken(self) -> str:
        """What is kept, which is then forgotten."""
        text, self.text = self.text, ""
        return text


class Process:
    """A running worker.

    Parameters
    ----------
    output
        where what it prints is kept.
    """

    def __init__(self, output: Output) -> None:
        self._messages: queue.Queue[bytes] = queue.Queue()
        self._popen = subprocess.Popen(
            [sys.executable, "-P", "-c", START, str(HOUSE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,
        )
        assert self._popen.stdout is not None
        assert self._popen.stderr is not None
        threads = (
            threading.Thread(target=self._listen, args=(self._popen.stdout,), daemon=True),
            threading.Thread(target=_drain, args=(self._popen.stderr, output), daemon=True),
        )
        for thread in threads:
            thread.start()
        self._threads = threads

    def send(self, message: dict[str, Any]) -> None:
        """Write a message. A worker that has gone says so by what it does not answer."""
        assert self._popen.stdin is not None
        with contextlib.suppress(OSError):
            self._popen.stdin.write(line(message))
            self._popen.stdin.flush()

    def receive(self, seconds: float) -> bytes:
        """The next message; nothing once the process has ended.

        Raises
        ------
        TimeoutError
            if none came in so many seconds.
        """
        try:
            return self._messages.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None

    def end(self, at_once: bool = False) -> int:
        """Let the process end by itself, or kill it; kill whatever it started and left behind; its exit status.

        Where it ends by itself it runs what it registered with `atexit`, and takes its temporary files away.
        """
        assert self._popen.stdin is not None
        with contextlib.suppress(OSError):
            self._popen.stdin.close()
        if not at_once:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(GRACE)
        if hasattr(os, "killpg"):
            with contextlib.suppress(OSError):
                os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.kill()
        status = self._popen.wait()
        for thread in self._threads:
            thread.join(GRACE)
        for pipe in (self._popen.stdout, self._popen.stderr):
            assert pipe is not None
            pipe.close()
        return status

    def _listen(self, pipe: BinaryIO) -> None:
        for text in pipe:
            self._messages.put(text)
        self._messages.put(b"")


def _drain(pipe: BinaryIO, output: Output) -> None:
    while chunk := os.read(pipe.fileno(), 1 << 16):
        output.add(chunk.decode(errors="replace"))


def _environment() -> dict[str, str]:
    """The environment of the worker: nothing in it lets a window open, or a cache be written beside the file."""
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "PYTHONSTARTUP", "PYTHONWARNINGS"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    # JAX takes three quarters of a GPU's memory when it starts; here another process may have them already.
    shared = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    fixed = {"MPLBACKEND": "Agg", "BROWSER": "true", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
    return {**shared, **kept, **fixed}
