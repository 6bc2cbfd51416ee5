"""What a known defect does to a run: whatever else is wrong with it is a surprise.

A defect states which gradient is reported and which one the parameters move by. The run is judged by that: each
reported gradient, loss and update must lie inside the very bounds of a correct run, at every step and in every
parameter. Where it ends follows from its updates.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gradagree.checking.judge import judge
from gradagree.checking.run import Run
from gradagree.checking.verdict import Judgement
from reference.dyadic import FloatArray


def unchanged(gradient: FloatArray) -> FloatArray:
    """The gradient itself: what parameters ought to move by."""
    return gradient


@dataclass(frozen=True)
class Effect:
    """What a defect does.

    Parameters
    ----------
    times
        how many times too large the reported gradients are; a power of two, which rounds nothing.
    moves
        of the reported gradients, `(K, p, m)` with those of b last, what the update takes for them.
    """

    times: float = 1.0
    moves: Callable[[FloatArray], FloatArray] = unchanged


def unmoved(width: int) -> Callable[[FloatArray], FloatArray]:
    """Whole vectors of so many numbers of w, and of b, do not move: what is left behind the last of them does."""

    def moves(gradient: FloatArray) -> FloatArray:
        moved = gradient.copy()
        for part in (moved[:, :-1], moved[:, -1:]):
            flat = part.reshape(len(part), -1).copy()
            flat[:, : flat.shape[1] // width * width] = 0
            part[...] = flat.reshape(part.shape)
        return moved

    return moves


def as_contiguous(gradient: FloatArray) -> FloatArray:
    """Where w is every other row and column of a table, what an update moves it by that takes it for contiguous.

    For d features and m targets it moves the first d m numbers of the table, by the d m numbers of the gradient in
    order. Entry (j, t) of w is number 4 j m + 2 t of the table.
    """
    moved = gradient.copy()
    w = gradient[:, :-1]
    d, m = w.shape[1:]
    place = 4 * m * np.arange(d)[:, None] + 2 * np.arange(m)
    flat = w.reshape(len(w), d * m)
    moved[:, :-1] = np.where(place < d * m, flat[:, np.minimum(place, d * m - 1)], 0)
    return moved


def beyond(effect: Effect, run: Run, judgement: Judgement) -> str:
    """The first number of a run that a defect does not explain, as a sentence; empty where it explains everything.

    Parameters
    ----------
    effect
        the defect's.
    run
        one that disagrees.
    judgement
        what was judged of it.
    """
    reported = run.gradient
    if reported is None:
        return "no gradient was reported, by which its updates could be told"
    checks = {name: judgement.checks.get(name) for name in ("start", "gradient", "loss")}
    if effect.times != 1:
        checks["gradient"] = judge(_reporting(run, reported / effect.times)).checks.get("gradient")
    checks["update"] = judge(_reporting(run, effect.moves(reported))).checks.get("update")
    wrong = [check.first_violation for check in checks.values() if check is not None and check.first_violation]
    return str(min(wrong, key=lambda deviation: deviation.step)) if wrong else ""


def _reporting(run: Run, gradient: FloatArray) -> Run:
    """The run, as though it had reported these gradients."""
    return dataclasses.replace(run, trajectory=run.trajectory.with_grads(w=gradient[:, :-1], b=gradient[:, -1]))
