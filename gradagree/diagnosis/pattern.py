"""Where no mistake explains a run: what is wrong in it, from which step on, in which component. Never why."""

from __future__ import annotations

import numpy as np

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence


def of(run: Evidence) -> str:
    """The pattern of the two residuals, gradient minus true gradient and update minus descent by what was reported."""
    sentences = []
    if not np.array_equal(run.V[0], run.problem.V0):
        sentences.append("the run starts from another point than the one asked for")
    if run.reported:
        sentences.append(_residual(run, run.history, run.exact, "gradient"))
        after = Enclosure.exact(run.after)
        sentences.append(_residual(run, after, run.update(run.slope), "update, by the reported gradient,"))
    else:
        after = Enclosure.exact(run.after)
        sentences.append(_residual(run, after, run.update(run.exact), "update, by the true gradient,"))
    return "; ".join(sentences)


def exact(run: Evidence) -> str:
    """That there is nothing to explain."""
    kind = "gradient and update" if run.reported else "update"
    return f"every {kind} of {run.steps} steps is that of gradient descent"


def _residual(run: Evidence, actual: Enclosure, predicted: Enclosure, name: str) -> str:
    inside = actual.meets(predicted)
    if not len(inside):
        return f"no {name} was recorded"
    parts = []
    for part, rows in (("w", slice(None, run.d)), ("b", slice(run.d, None))):
        wrong = np.asarray(~inside[:, rows].all(axis=(1, 2)))
        if wrong.any():
            parts.append(f"the {name.rstrip(',')} of {part} is wrong {_when(wrong)}")
    if not parts:
        return f"every {name.rstrip(',')} is right"
    return ", and ".join(parts) if len(parts) == 2 else f"{parts[0]}, and nowhere else"


def _when(wrong: np.ndarray) -> str:
    first, count, steps = int(np.argmax(wrong)), int(wrong.sum()), len(wrong)
    if count == steps:
        return "at every step"
    if wrong[first:].all():
        return f"from step {first} on"
    if count == 1:
        return f"at step {first} alone"
    return f"at {count} of {steps} steps, first at step {first}"
