"""Numbers that are not finite: the first of them, and whether the range of the format excuses it."""

from __future__ import annotations

import math

import numpy as np

from gradagree.checking.check import deviation_at
from gradagree.checking.deviation import Deviation
from gradagree.checking.run import Run, finite_steps
from reference import rounding
from reference.dyadic import FloatArray
from reference.optimizers.sgd import descended_floats
from reference.truth import Truth


def spelled(value: float) -> str:
    """`NaN`, `inf`, `-inf`, or the number."""
    return "NaN" if math.isnan(value) else f"{value:.6g}"


def first_not_finite(
    quantity: str, got: FloatArray, exact: FloatArray, step: int, bound: FloatArray | None = None
) -> Deviation:
    """The first number of one step that is not finite; the arrays are of that step alone, `(1, p, m)` or `(1,)`."""
    flat = int(np.argmax(~np.isfinite(got)))
    with np.errstate(invalid="ignore", over="ignore"):
        error = got - exact
    return deviation_at(quantity, got, error, np.zeros_like(got) if bound is None else bound, flat, step, exact)


def not_finite(run: Run) -> tuple[list[str], tuple[Deviation, str] | None]:
    """Notes on what the format's range excuses; and the first number that it does not, with the sentence that says so.

    The start of the run is finite.
    """
    truth, arithmetic, lr, V, gradient = run.truth, run.arithmetic, run.problem.lr, run.V, run.gradient
    reached = len(truth.V)
    ends = f"{arithmetic.storage.name} ends at {arithmetic.largest:.5g}"
    notes: list[str] = []
    faults: list[tuple[Deviation, str]] = []

    step = finite_steps(V)
    if step < len(V) and (gradient is None or finite_steps(gradient) >= step):
        slope = (truth.gradient if gradient is None else gradient)[step - 1 : step]
        after = descended_floats(V[step - 1 : step], slope, lr)
        bound = rounding.update_bound(arithmetic, lr, slope, after)
        wrong = first_not_finite("update", V[step : step + 1], after, step - 1, bound)
        if (np.abs(after) <= arithmetic.largest).all():
            faults.append((wrong, _unexcused(wrong)))
        else:
            told = f"the run left the range of {arithmetic.storage.name} in the update of step {wrong.step}, as it must"
            notes.append(f"{told}: {wrong.place} is {spelled(wrong.got)}, exact {wrong.expected:.3g}, and {ends}")
    for quantity, values in (("loss", run.loss), ("gradient", gradient)):
        if values is None or (step := finite_steps(values[:reached])) >= min(len(values), reached):
            continue
        at = slice(step, step + 1)
        exact, bound = (
            (truth.gradient, truth.gradient_bound) if quantity == "gradient" else (truth.loss, truth.loss_bound)
        )
        wrong = first_not_finite(quantity, values[at], exact[at], step, bound[at])
        if truth.may_overflow(step):
            notes.append(
                f"the {quantity} left the range of {arithmetic.storage.name} at {_overflow(wrong, truth)}, and {ends}"
            )
        else:
            faults.append((wrong, _unexcused(wrong)))
    return notes, min(faults, key=lambda fault: fault[0].step, default=None)


def _unexcused(wrong: Deviation) -> str:
    told = f"step {wrong.step}: the {wrong.quantity} is not finite, where the exact one is in range"
    return f"{told}: {wrong.place} is {spelled(wrong.got)}, exact {wrong.expected:.6g}"


def _overflow(wrong: Deviation, truth: Truth) -> str:
    """What is out of range: the exact number itself, or what may come up on the way to it."""
    told, got = f"step {wrong.step}, as", f"{wrong.place} is {spelled(wrong.got)}"
    if not (abs(wrong.expected) <= truth.arithmetic.largest):
        return f"{told} it must: {got}, exact {wrong.expected:.3g}"
    return f"{told} a correct one may: {got}, what is added up for it may reach {truth.peak[wrong.step]:.3g}"
