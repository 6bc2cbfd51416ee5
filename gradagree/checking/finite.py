"""Numbers that are not finite: the first of them, and whether the range of the format excuses it."""

from __future__ import annotations

import math

import numpy as np

from gradagree.checking.check import extreme
from gradagree.checking.truth import Truth
from gradagree.checking.verdict import Deviation
from reference import rounding
from reference.dyadic import FloatArray
from reference.optimizers.sgd import descended_floats
from reference.problem import Problem


def finite_steps(values: FloatArray) -> int:
    """How many of the first entries are finite throughout."""
    bad = ~np.isfinite(values.reshape(len(values), math.prod(values.shape[1:]))).all(axis=1)
    return int(np.argmax(bad)) if bad.any() else len(values)


def spelled(value: float) -> str:
    """`NaN`, `inf`, `-inf`, or the number."""
    return "NaN" if math.isnan(value) else f"{value:.6g}"


def at_start(V: FloatArray, problem: Problem) -> Deviation:
    """The first number of the first iterate that is not finite."""
    start = problem.V0[None]
    return first_at("start", V[:1], start, np.zeros_like(start), 0)


def first_at(quantity: str, got: FloatArray, exact: FloatArray, bound: FloatArray, step: int) -> Deviation:
    """The first number of one step that is not finite; the arrays are of that step alone, `(1, p, m)` or `(1,)`."""
    flat = int(np.argmax(~np.isfinite(got)))
    with np.errstate(invalid="ignore", over="ignore"):
        error = got - exact
    return extreme(quantity, got, error, bound, flat, step, exact)


def not_finite(
    truth: Truth, V: FloatArray, gradient: FloatArray | None, loss: FloatArray | None
) -> tuple[list[str], tuple[Deviation, str] | None]:
    """Notes on what the format's range excuses; and the first number that it does not, with the sentence that says so.

    Parameters
    ----------
    truth
        at the iterates that are finite.
    V, gradient, loss
        as they were recorded, the gradient and the loss at the iterates of `truth` at least.
    """
    claim, lr, reached = truth.claim, truth.problem.lr, len(truth.V)
    ends = f"{claim.storage.name} ends at {claim.largest:.5g}"
    notes: list[str] = []
    faults: list[tuple[Deviation, str]] = []

    step = finite_steps(V)
    if step < len(V) and (gradient is None or finite_steps(gradient) >= step):
        slope = (truth.gradient if gradient is None else gradient)[step - 1 : step]
        after = descended_floats(V[step - 1 : step], slope, lr)
        wrong = first_at("update", V[step : step + 1], after, rounding.update_bound(claim, lr, slope, after), step - 1)
        if (np.abs(after) <= claim.largest).all():
            faults.append((wrong, _unexcused(wrong)))
        else:
            told = f"the run left the range of {claim.storage.name} in the update of step {wrong.step}, as it must"
            notes.append(f"{told}: {wrong.place} is {spelled(wrong.got)}, exact {wrong.expected:.3g}, and {ends}")
    for quantity, values in (("loss", loss), ("gradient", gradient)):
        if values is None or (step := finite_steps(values[:reached])) >= min(len(values), reached):
            continue
        at = slice(step, step + 1)
        exact, bound = (
            (truth.gradient, truth.gradient_bound) if quantity == "gradient" else (truth.loss, truth.loss_bound)
        )
        wrong = first_at(quantity, values[at], exact[at], bound[at], step)
        if truth.may_overflow(step):
            notes.append(
                f"the {quantity} left the range of {claim.storage.name} at {_overflow(wrong, truth)}, and {ends}"
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
    if not (abs(wrong.expected) <= truth.claim.largest):
        return f"{told} it must: {got}, exact {wrong.expected:.3g}"
    return f"{told} a correct one may: {got}, what is added up for it may reach {truth.peak[wrong.step]:.3g}"
