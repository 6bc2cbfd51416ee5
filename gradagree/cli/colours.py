"""Colours for a terminal: none in a pipe, none where `NO_COLOR` is set (https://no-color.org)."""

from __future__ import annotations

import os
import re
from typing import TextIO

BOLD, RED, GREEN, YELLOW, BLUE, PLAIN = "\033[1m", "\033[1;31m", "\033[1;32m", "\033[1;33m", "\033[1;34m", "\033[0m"

RULES = (
    (re.compile(r"^(error(?:\[\w+\])?:)(.*)$", re.MULTILINE), rf"{RED}\1{PLAIN}{BOLD}\2{PLAIN}"),
    (re.compile(r"^(agrees:)(.*)$", re.MULTILINE), rf"{GREEN}\1{PLAIN}{BOLD}\2{PLAIN}"),
    (re.compile(r"^(inconclusive:)(.*)$", re.MULTILINE), rf"{YELLOW}\1{PLAIN}{BOLD}\2{PLAIN}"),
    (re.compile(r"^(  = (?:note|help|assumed):)", re.MULTILINE), rf"{BLUE}\1{PLAIN}"),
)


def wanted(stream: TextIO) -> bool:
    """Whether `stream` is a terminal that wants colours."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def coloured(message: str) -> str:
    """The message, its heads coloured."""
    for pattern, replacement in RULES:
        message = pattern.sub(replacement, message)
    return message
