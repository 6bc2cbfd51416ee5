"""Mistakes that show in how a run ended rather than in its numbers."""

from __future__ import annotations

from gradagree.diagnose.diagnosis import Diagnosis
from gradagree.diagnose.exceptions import explain_exception
from gradagree.mistakes.view import View


def explain(run: View) -> Diagnosis | None:
    """A diagnosis from the faults alone: a gradient that is `None`, another number of steps."""
    for fault in run.trajectory.faults:
        if fault.kind == "type" and ".grad: got a NoneType" in fault.message:
            return explain_exception("type", fault.message, fault.step, None, "torch")
    return None
