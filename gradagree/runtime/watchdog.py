"""What becomes of outside code that no exception stops: its process ends, and says why.

It may swallow every exception, or hang in compiled code. A run of the matrix that hangs would tell nobody anything;
under pytest-xdist another worker goes on with the other cells.
"""

from __future__ import annotations

import faulthandler
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

GRACE = 10.0  # seconds beyond the limit
LATER = 1.0  # seconds beyond that, for C's thread to be the second to speak
STATUS = 70  # EX_SOFTWARE of sysexits.h

_voice = 2


def speak_on(descriptor: int) -> None:
    """Say it there and not on standard error, which is out of hearing while pytest captures it."""
    global _voice
    _voice = descriptor


@contextmanager
def watchdog(seconds: float) -> Iterator[None]:
    """End the process if the block runs for `seconds` and `GRACE` more."""
    over = threading.Event()

    def end() -> None:
        if over.wait(seconds + GRACE):
            return
        os.write(_voice, f"\ngradagree: {_sentence(seconds)}\n".encode())
        faulthandler.dump_traceback(_voice)
        os._exit(STATUS)

    thread = threading.Thread(target=end, name="last resort", daemon=True)
    thread.start()
    # Compiled code that never lets go of the interpreter stops that thread too, but not this one, which is C's.
    faulthandler.dump_traceback_later(seconds + GRACE + LATER, exit=True, file=_voice)
    try:
        yield
    finally:
        over.set()
        faulthandler.cancel_dump_traceback_later()
        thread.join()


def _sentence(seconds: float) -> str:
    return (
        f"a run was interrupted after {seconds:g} s, and is still running {GRACE:g} s later: it swallows every "
        "exception, or hangs in compiled code. This process ends here; a loop that lets exceptions pass will do"
    )
