"""Outside code, held in: whatever it raises becomes an outcome, and ends nothing of ours.

`sys.exit()` in a loop, or a `KeyboardInterrupt` of its own making, is an exception like any other. A Ctrl-C is the
user's, and goes through.
"""

from __future__ import annotations

import signal
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from gradagree.runtime.timeout import DeadlineError, deadline


@dataclass
class Outcome:
    """How a block of outside code ended; its exception in words, since the exception itself would keep its arrays.

    Parameters
    ----------
    raised
        `"ValueError: what it said"`; empty where nothing was raised.
    traceback
        the text of it.
    timed_out
        whether its time was up.
    """

    raised: str = ""
    traceback: str | None = None
    timed_out: bool = False


@contextmanager
def contained(time_limit: float | None = None) -> Iterator[Outcome]:
    """Run the block, and note in the outcome what ended it.

    Raises
    ------
    KeyboardInterrupt
        if the user pressed Ctrl-C meanwhile, even where the block swallowed it.
    """
    outcome = Outcome()
    with _interrupts() as pressed:
        try:
            with deadline(time_limit):
                yield outcome
        except DeadlineError:
            outcome.timed_out = True
        except BaseException as error:
            outcome.raised = described(error)
            outcome.traceback = "".join(traceback.format_exception(error))
    if pressed:
        raise KeyboardInterrupt


def ended(status: int) -> str:
    """How a process ended, by its exit status as `subprocess` gives it: `"by signal 11"`, `"with status 7"`."""
    return f"by signal {-status}" if status < 0 else f"with status {status}"


def described(error: BaseException) -> str:
    """`"ValueError: what it said"`, or the type alone."""
    try:
        text = str(error)
    except Exception:  # its own way of saying it may raise as well
        text = "(its text cannot be had)"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """A list that grows with every Ctrl-C, which is handed on to who was asked before.

    Python handles signals in the main thread alone: in any other a `KeyboardInterrupt` is never the user's.
    """
    pressed: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield pressed
        return
    asked = before

    def note(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        asked(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
