"""Which mistake an exception comes from: its type, its message, the line that raised, and the step."""

from __future__ import annotations

import re

from gradagree.diagnosis.catalogue import MISTAKES, Symptom
from gradagree.diagnosis.diagnosis import Diagnosis


def explain_exception(
    kind: str,
    message: str,
    step: int | None,
    line: str | None,
    framework: str,
    *,
    backward_seen: bool | None = None,
) -> Diagnosis:
    """The raising mistakes that an exception may come from, best first.

    Parameters
    ----------
    kind
        the exception's type by name, `"TypeError"`, with or without its module; `"type"` for a fault of that kind,
        which a gradient of `None` is.
    message
        its text, or the first line; of a fault, the type that was given.
    step
        how many steps had been completed, `None` if unknown.
    line
        the source line of the checked code that raised, `None` if unknown.
    framework
        the checked code's; its own mistakes come before the other frameworks'.
    backward_seen
        whether a `backward()` had come to its end before; `None` if unknown. It parts an update that comes too early
        (GD502) from a parameter that never was a leaf (GD505).
    """
    short = kind.rsplit(".", 1)[-1]
    scored = []
    for mistake in MISTAKES.values():
        shown = [s for s in mistake.symptoms if short in s.types and re.search(s.message, message)]
        if shown:
            score = max(_score(s, step, line, backward_seen) for s in shown) + (mistake.framework == framework)
            scored.append((-score, mistake.rank, mistake.code))
    codes = tuple(code for _, _, code in sorted(scored))
    if not codes:
        return Diagnosis(None, pattern=f"raised {short}, which no mistake of the catalogue does in this way")
    best = MISTAKES[codes[0]]
    family = tuple(f"{code} raises the same exception: {MISTAKES[code].name}" for code in codes[1:])
    notes = {f"it comes at step {step}: {symptom.note}" for symptom in best.symptoms if symptom.note and step}
    return Diagnosis(best.code, codes, family=family, notes=tuple(notes))


def _score(symptom: Symptom, step: int | None, line: str | None, backward_seen: bool | None) -> int:
    """How well the circumstances fit, beyond type and message."""
    score = 0
    if symptom.line is not None and line is not None:
        score += 1 if re.search(symptom.line, line) else -1
    if symptom.at_first_step is not None and step is not None:
        # The first step and a later one exclude each other, whatever the line looks like.
        score += 3 if (step == 0) == symptom.at_first_step else -3
    if symptom.after_backward is not None and backward_seen is not None and step == 0:
        score += 2 if backward_seen == symptom.after_backward else -2
    return score
