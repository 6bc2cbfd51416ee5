"""A limit on the time that outside code may take."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from gradagree.runtime.watchdog import watchdog

REPEAT = 0.1  # seconds from one interruption to the next, where the first was swallowed


class DeadlineError(BaseException):
    """The time is up. No `Exception`, since `except Exception: pass` is what loops that never stop are made of."""


@contextmanager
def deadline(seconds: float | None) -> Iterator[None]:
    """Raise `DeadlineError` inside the block once `seconds` have passed, and again until it gets through.

    A timer's signal interrupts Python code, compiled code when it returns to Python, and sleep. It needs the main
    thread of a POSIX system; elsewhere another thread asks the interpreter to raise, which does not interrupt sleep.
    What is still running long after is ended with its process. `None` is no limit.
    """
    if seconds is None:
        yield
        return
    by_signal = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    with watchdog(seconds), (_by_signal if by_signal else _by_thread)(seconds):
        yield


@contextmanager
def _by_signal(seconds: float) -> Iterator[None]:
    over = False

    def up(_signal: int, _frame: FrameType | None) -> None:
        if not over:
            raise DeadlineError

    before = signal.signal(signal.SIGALRM, up)
    signal.setitimer(signal.ITIMER_REAL, seconds, REPEAT)
    try:
        try:
            yield
        finally:
            over = True
    finally:  # if the signal came before the line above was done, there is time until the next
        over = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _by_thread(seconds: float) -> Iterator[None]:
    watched, over = threading.get_ident(), threading.Event()

    def up() -> None:
        wait = seconds
        while not over.wait(wait):
            _raise_in(watched, DeadlineError)
            wait = REPEAT

    thread = threading.Thread(target=up, name="deadline", daemon=True)
    thread.start()
    try:
        try:
            yield
        finally:
            over.set()
    finally:
        over.set()
        thread.join()
        _let_it_come()


def _raise_in(thread: int, error: type[BaseException]) -> None:
    """Have the interpreter raise `error` in a thread."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))


def _let_it_come() -> None:
    """Take what was asked for and not raised yet, so that nothing is raised after the block.

    Asking for nothing instead would take it back, and leave Python 3.11 with a flag that is never cleared: under a
    tracer, as coverage is, it then stands still at the next call for ever.
    """
    with suppress(DeadlineError):
        for _ in range(100):  # where a loop jumps back the interpreter raises what is pending
            pass
