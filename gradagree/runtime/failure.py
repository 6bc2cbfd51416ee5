"""What ended the user's code: the exception's type and first line, and the line of the file that raised it."""

from __future__ import annotations

import dataclasses
import linecache
import traceback
from dataclasses import dataclass
from typing import Any

LONGEST = 120  # characters of an exception's text that a message shows


@dataclass(frozen=True)
class Failure:
    """An exception in the checked file.

    Parameters
    ----------
    kind
        the exception's type, `"TypeError"`.
    message
        its text.
    lineno, line
        where in the checked file it was raised or called from; `None` where it never was in that file.
    """

    kind: str
    message: str
    lineno: int | None = None
    line: str | None = None

    @property
    def where(self) -> str:
        """`"line 12: n = int(input())"`, or nothing."""
        return "" if self.lineno is None else f"line {self.lineno}: `{(self.line or '').strip()}`"

    def __str__(self) -> str:
        first = self.message.strip().splitlines()[0] if self.message.strip() else ""
        if len(first) > LONGEST:
            first = f"{first[:LONGEST].rsplit(' ', 1)[0]} …"
        return f"{self.kind}: {first}" if first else self.kind

    def as_json(self) -> dict[str, Any]:
        """A dictionary of plain values, whose entries are the fields."""
        return dataclasses.asdict(self)


def described(error: BaseException) -> str:
    """`"ValueError: what it said"`, or the type alone."""
    text = _text(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def failure(error: BaseException, path: str) -> Failure:
    """What `error` says of the file at `path`: the innermost of its lines that the exception went through."""
    kind, text = type(error).__name__, _text(error)
    if isinstance(error, SyntaxError) and error.filename == path:
        return Failure(kind, error.msg, error.lineno, error.text)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    if not frames:
        return Failure(kind, text)
    lineno = frames[-1].lineno
    return Failure(kind, text, lineno, linecache.getline(path, lineno or 0).strip() or None)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # its own way of saying it may raise as well
        return "(its text cannot be had)"
