"""Which mistake an exception comes from: its type, its message, the line that raised, and the step."""

from __future__ import annotations

import re

from gradagree.diagnosis.diagnosis import Diagnosis
from gradagree.diagnosis.mistakes import MISTAKES, Mistake, Symptom


def explain_exception(
    kind: str,
    message: str,
    step: int | None,
    line: str | None,
    framework: str,
    *,
    backward_seen: bool | None = None,
) -> Diagnosis:
    """The loud mistakes that an exception may come from, best first.

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
        scores = [_score(s, step, line) for s in mistake.symptoms if short in s.kinds and re.search(s.message, message)]
        if scores:
            score = max(scores) + (mistake.framework == framework) + _order(mistake.code, step, backward_seen)
            scored.append((-score, mistake.rank, mistake.code))
    codes = tuple(code for _, _, code in sorted(scored))
    if not codes:
        return Diagnosis(None, pattern=f"raised {short}, which no mistake of the catalogue does in this way")
    best = MISTAKES[codes[0]]
    family = tuple(f"{code} raises the same exception: {MISTAKES[code].name}" for code in codes[1:])
    return Diagnosis(best.code, codes, family=family, notes=_notes(best, step))


def _score(symptom: Symptom, step: int | None, line: str | None) -> int:
    """How well the circumstances fit, beyond type and message."""
    score = 0
    if symptom.line is not None and line is not None:
        score += 1 if re.search(symptom.line, line) else -1
    if symptom.step is not None and step is not None:
        # "From step 1 on" and "at step 0" exclude each other, whatever the line looks like.
        score += 3 if (step > 0) == (symptom.step > 0) else -3
    return score


def _order(code: str, step: int | None, backward_seen: bool | None) -> int:
    if step is None or step > 0 or backward_seen is None:
        return 0
    return {"GD502": -2, "GD505": 2}.get(code, 0) * (1 if backward_seen else -1)


def _notes(mistake: Mistake, step: int | None) -> tuple[str, ...]:
    if step is None or mistake.code not in ("GD501", "GD506"):
        return ()
    return (f"it comes at step {step}: the steps before it still had the leaf that was lost",) if step else ()
