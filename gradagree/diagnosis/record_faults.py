"""Mistakes that show in how a run ended rather than in the numbers of its steps."""

from __future__ import annotations

import numpy as np

from gradagree.diagnosis.diagnosis import Diagnosis
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.exceptions import explain_exception
from gradagree.diagnosis.mistakes.losses import per_row


def explain(evidence: Evidence) -> Diagnosis | None:
    """A diagnosis from the faults alone: a gradient that is `None` or of another shape, another number of steps."""
    for fault in evidence.run.trajectory.protocol_errors:
        if fault.kind == "type" and fault.quantity == "gradient" and fault.given == "NoneType":
            return explain_exception("type", fault.given, fault.step, None, "torch")
        if fault.kind == "shape" and fault.quantity == "gradient":
            return _shape(evidence, fault.message)
        if fault.kind == "steps":
            return Diagnosis("GD403", ("GD403",), notes=(fault.message,))
    return None


def _shape(evidence: Evidence, message: str) -> Diagnosis | None:
    """A gradient of x's shape that is the derivative with respect to x; a number that is the loss."""
    last = evidence.run.trajectory.unrecorded
    G, w, b = last.get("w.grad"), last.get("w"), last.get("b")
    if G is None or w is None or b is None or not (np.isfinite(w).all() and np.isfinite(b).all()):
        return None
    if G.shape == evidence.x.shape:
        expected, bound = per_row(evidence, w, b)
        count, words = G.size, "2 e w / N, row by row: the derivative with respect to x"
        code = "GD148"
    elif G.shape == ():
        truth = evidence.run.truth_at(np.concatenate([w, b[None]])[None])
        expected = truth.evaluation.loss()[0]
        bound = truth.loss_bound[0]
        count, words, code = 1, "the loss itself", "GD149"
    else:
        return None
    error = np.abs(G - expected)
    if not (error <= bound).all():
        return None
    worst = float(np.max(error / np.where(bound > 0, bound, 1)))
    numbers = "its number is" if count == 1 else f"its {count} numbers are"
    return Diagnosis(code, (code,), notes=(message, f"{numbers} {words}, worst error/bound {worst:.2g}"))
