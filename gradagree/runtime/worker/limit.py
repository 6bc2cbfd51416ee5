"""The worker's time limit: it does not interrupt the user's code, but replies with what there is, and ends."""

from __future__ import annotations

import faulthandler
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gradagree.runtime.worker import process


class TimeLimit:
    """A limit on the time of a run.

    Whatever the user's code does, sleep or swallow exceptions, another thread replies with what was recorded until
    then. Code that is compiled and never lets go of the interpreter is left to the parent.

    Parameters
    ----------
    seconds
        from the start of a run.
    reply
        sends the last answer of this process.
    """

    def __init__(self, seconds: float, reply: Callable[[dict[str, Any]], None]) -> None:
        self.seconds, self._reply = seconds, reply
        self._ours = threading.Lock()

    @contextmanager
    def run(self, so_far: Callable[[], dict[str, Any]]) -> Iterator[None]:
        """Within the block, the answer is `so_far()` once the time is over, and the process ends.

        It waits for a moment at which the user's code runs, since only then the record is whole.
        """
        over = threading.Event()

        def end() -> None:
            with self._ours:
                if not over.is_set():
                    self._reply(so_far())
                    os._exit(0)

        timer = threading.Timer(self.seconds, end)
        timer.daemon = True
        timer.start()
        # Compiled code stops that thread, but not this one, which is C's; should the parent be gone, it is the last.
        faulthandler.dump_traceback_later(self.seconds + 2 * process.GRACE, exit=True, file=2)
        self._ours.acquire()
        try:
            yield
        finally:
            over.set()
            self._ours.release()
            timer.cancel()
            faulthandler.cancel_dump_traceback_later()

    @contextmanager
    def users_code(self) -> Iterator[None]:
        """Around the user's code, in the block of a run."""
        self._ours.release()
        try:
            yield
        finally:
            self._ours.acquire()
