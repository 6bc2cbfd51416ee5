"""The answer to a check: what a program reads of it, and what a person does."""

from __future__ import annotations

import json
import math
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradagree.checking.deviation import Deviation
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.diagnosis.diagnosis import Diagnosis
from gradagree.errors import UsageError
from gradagree.runtime.failure import described

USAGE, OWN = 2, 4
STATUS = {
    Verdict.AGREES: 0,
    Verdict.DISAGREES: 1,
    Verdict.INVALID: 1,
    Verdict.NOT_RUN: USAGE,
    Verdict.INCONCLUSIVE: 3,
}


REPORT = "a report of this, with the file and this line"


@dataclass(frozen=True)
class Finding:
    """What is told of a check, before it is text.

    Parameters
    ----------
    lines
        the finding, a headline first.
    notes, help
        what else a reader should know, and what would do; a sentence each.
    """

    lines: tuple[str, ...]
    notes: tuple[str, ...] = ()
    help: tuple[str, ...] = ()

    def text(self, assumed: Mapping[str, str]) -> str:
        """The lines, and under them what was assumed, the notes, and the help."""
        below = [f"  = assumed: {name}: {value}" for name, value in assumed.items()]
        below += [f"  = note: {note}" for note in self.notes]
        below += [f"  = help: {sentence}" for sentence in self.help]
        return "\n".join([*self.lines, *below])


@dataclass(frozen=True)
class Outcome:
    """The answer: true if and only if the run agrees; `str()` gives the message.

    Parameters
    ----------
    verdict
        the judge's.
    finding
        what is told.
    code
        the mistake that explains the run, if one does.
    candidates
        all mistakes that no record of this kind can tell from it, best first.
    first_violation
        the first number that is not finite and should be, or else the earliest outside its bound.
    assumed
        what was found out or taken for granted, by name.
    judgements
        what the verdict is of: the run's first, then those of the runs on other problems that came out right as well.
    diagnosis
        what the run computes instead, where numbers were recorded.
    own
        whether it was gradagree that failed, so that nothing is known of the code.
    """

    verdict: Verdict
    finding: Finding
    code: str | None = None
    candidates: tuple[str, ...] = ()
    first_violation: Deviation | None = None
    assumed: dict[str, str] = field(default_factory=dict)
    judgements: tuple[Judgement, ...] = ()
    diagnosis: Diagnosis | None = None
    own: bool = False

    def __bool__(self) -> bool:
        return self.verdict is Verdict.AGREES

    def __str__(self) -> str:
        return self.message

    @property
    def message(self) -> str:
        """The text for a person, without colours."""
        return self.finding.text(self.assumed)

    @property
    def status(self) -> int:
        """The exit status: 0 agrees, 1 disagrees or invalid, 2 wrong usage, 3 inconclusive, 4 gradagree failed."""
        return OWN if self.own else STATUS[self.verdict]

    def as_json(self) -> str:
        """One object, on one line; numbers that JSON does not have are `"nan"`, `"inf"` and `"-inf"`, as in rows."""
        wrong = None
        if self.first_violation is not None:
            wrong = {
                "step": self.first_violation.step,
                "quantity": self.first_violation.subject,
                "check": self.first_violation.quantity,
                "parameter": self.first_violation.parameter,
                "index": list(self.first_violation.index),
                "got": _plain(self.first_violation.got),
                "expected": _plain(self.first_violation.expected),
                "bound": _plain(self.first_violation.bound),
            }
        told: dict[str, Any] = {
            "verdict": self.verdict.value,
            "code": self.code,
            "candidates": self.candidates,
            "first_wrong": wrong,
            "assumed": self.assumed,
            "notes": self.finding.notes,
            "help": self.finding.help,
            "message": self.message,
        }
        return json.dumps(told, ensure_ascii=False)


def usage_outcome(error: UsageError) -> Outcome:
    """The answer to what could not be checked."""
    return Outcome(Verdict.NOT_RUN, Finding((f"error: {error}",)))


def own_outcome(target: str, error: Exception) -> Outcome:
    """The answer where gradagree failed: what it raised and where, and that it says nothing of the code."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    sentence = f"gradagree itself failed with {described(error)}{place}, which says nothing of the code"
    return Outcome(Verdict.NOT_RUN, Finding((f"error: {target}: {sentence}",), help=(REPORT,)), own=True)


def _plain(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)
