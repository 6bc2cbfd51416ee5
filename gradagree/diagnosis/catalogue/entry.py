"""What the catalogue says of a mistake, or of a run without one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Symptom:
    """What an exception must look like to come from a mistake.

    Parameters
    ----------
    types
        names of exception types; `"type"` for a gradient that was recorded and is `None`.
    message
        a regular expression, searched for in the message.
    line
        one for the source line that raised; a match counts for the mistake, and its absence against it.
    at_first_step
        whether it comes at step 0 or at a later one; `None` for any.
    after_backward
        whether a `backward()` has come to its end before; `None` where that tells nothing.
    note
        what is to be said besides where it comes at a later step than the first.

    Raises
    ------
    ValueError
        if a pattern is no regular expression.
    """

    types: Sequence[str]
    message: str
    line: str | None = None
    at_first_step: bool | None = None
    after_backward: bool | None = None
    note: str = ""

    def __post_init__(self) -> None:
        for pattern in (self.message, self.line or ""):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"expected a regular expression, got {pattern!r} ({error})") from error


@dataclass(frozen=True)
class Entry:
    """One file of the catalogue.

    Parameters
    ----------
    code, name
        `"GD101"` and one line, as a message's headline.
    kind
        `"numeric"` where the numbers of the run show it, `"raising"` where an exception does, `"optimizer"` where those
        of an optimizer do, `"remark"` of a run, or of data, without a mistake.
    rank
        how often it is seen: 0 everywhere, 1 often, 2 rarely, 3 inferred. A remark has none, and 0 here.
    happens, why
        paragraphs.
    remedy
        one or two sentences of advice, to stand behind "help: ".
    same_record
        what else leaves the same record, a sentence each, to stand behind "note: ".
    symptoms
        the exceptions that a raising mistake ends in.
    framework
        in whose arrays the loops are written; of a remark, which has none, `""`, and so are the loops.
    wrong, right
        a loop that commits it and one that does not: the body of `descend(x, y, w, b, lr, steps)`, which yields each
        step's parameters and gradients. Of an optimizer, an optimizer in a form that `check --as` takes, each.
    like
        of an optimizer, what the right one is: `"adam(lr=0.01)"`.
    """

    code: str
    name: str
    kind: str
    rank: int
    happens: tuple[str, ...]
    why: tuple[str, ...]
    remedy: str
    same_record: tuple[str, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    framework: str = ""
    wrong: str = ""
    right: str = ""
    like: str = ""
