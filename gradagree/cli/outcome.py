"""The answer to a check: what a program reads of it, and what a person does."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from typing import Any

from gradagree.verdict import Extreme, Verdict

USAGE = 2
STATUS = {
    Verdict.AGREES: 0,
    Verdict.DISAGREES: 1,
    Verdict.INVALID: 1,
    Verdict.NOT_RUN: USAGE,
    Verdict.INCONCLUSIVE: 3,
}


class UsageError(Exception):
    """The check cannot be made as it was asked for: one sentence with what was given and what would do."""


@dataclass(frozen=True)
class Outcome:
    """The answer.

    Parameters
    ----------
    verdict
        the judge's.
    message
        the text for a person, without colours.
    code
        the mistake that explains the run, if one does.
    candidates
        all mistakes that no record of this kind can tell from it, best first.
    first_wrong
        the earliest number outside its bound.
    assumed
        what was found out or taken for granted, by name.
    """

    verdict: Verdict
    message: str
    code: str | None = None
    candidates: tuple[str, ...] = ()
    first_wrong: Extreme | None = None
    assumed: dict[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The exit status: 0 agrees, 1 disagrees or invalid, 2 wrong usage, 3 inconclusive."""
        return STATUS[self.verdict]

    def as_json(self) -> str:
        """One object, on one line; a number that JSON does not have becomes `null`."""
        wrong = None
        if self.first_wrong is not None:
            quantity, index = _split(self.first_wrong.component)
            wrong = {
                "step": self.first_wrong.step,
                "quantity": quantity,
                "index": index,
                "got": _plain(self.first_wrong.got),
                "expected": _plain(self.first_wrong.expected),
                "bound": _plain(self.first_wrong.bound),
            }
        told: dict[str, Any] = {**dataclasses.asdict(self), "verdict": self.verdict.value, "first_wrong": wrong}
        keys = ("verdict", "code", "candidates", "first_wrong", "assumed", "message")
        return json.dumps({key: told[key] for key in keys}, ensure_ascii=False)


def usage_outcome(error: UsageError) -> Outcome:
    """The answer to what could not be checked."""
    return Outcome(Verdict.NOT_RUN, f"error: {error}")


def _split(component: str) -> tuple[str, list[int]]:
    """`("w.grad", [0, 0])` of `"w.grad[0, 0]"`."""
    name, _, index = component.partition("[")
    return name, [int(i) for i in index.rstrip("]").split(",") if i.strip().isdigit()]


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
