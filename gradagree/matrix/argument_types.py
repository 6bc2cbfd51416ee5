"""What an option takes: comma lists, and numbers, refused with a sentence that argparse, and so pytest, prints."""

from __future__ import annotations

import argparse
import math


def split(text: str) -> list[str]:
    """The entries of a comma list; one that has none is its own, so that it is refused and not taken for no option."""
    return [entry for part in text.split(",") if (entry := part.strip())] or [text]


def seconds(text: str) -> float:
    """A time limit. Zero would be none, below it there is no time, and NaN is reached never.

    Raises
    ------
    argparse.ArgumentTypeError
        if it is not a finite number above 0; so do `rate` and, for whole numbers, `count`.
    """
    return _above_0(text, "a number of seconds above 0")


def rate(text: str) -> float:
    """A learning rate."""
    return _above_0(text, "a number above 0")


def count(text: str) -> int:
    """A number of steps."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"got {text!r}; a whole number of 1 or more will do")
    return int(text)


def _above_0(text: str, wanted: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (0 < value < math.inf):
        raise argparse.ArgumentTypeError(f"got {text!r}; {wanted} will do")
    return value
