"""Gradients of other steps than this one: not cleared, cleared too rarely, stale, late, or between two updates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts

ONLY_CLEARING = ("the updates are consistent with these gradients; only the clearing is missing",)


def accumulated(run: Evidence, gradient: Enclosure) -> Enclosure:
    """`G_{k-1} + g_k`, with the one rounding of adding to `.grad`: by recursion, the sum of all gradients so far."""
    return (run.history.delayed() + gradient).rounded(run.u)


@predicts("GD101")
def never_cleared(run: Evidence) -> Iterator[Prediction]:
    """`G_k = Σ_{j≤k} g_j`."""
    yield Prediction("the sum of all gradients so far", accumulated(run, run.true), notes=ONLY_CLEARING)


@predicts("GD102")
def cleared_once_an_epoch(run: Evidence) -> Iterator[Prediction]:
    """`G_k = Σ g` since the last clearing, which comes every B steps."""
    steps, summed = min(len(run.history), run.steps), accumulated(run, run.true)
    if steps < 3:
        return
    cleared = np.asarray(run.history.meets(run.true).all(axis=(1, 2)))
    added = run.history.meets(summed).all(axis=(1, 2))
    k = np.arange(steps)
    # The shortest period that fits; failing that, the one that the first clearing seen suggests.
    fitting = [B for B in range(2, steps) if np.where(k % B == 0, cleared, added).all()]
    later = np.flatnonzero(cleared[1:])
    B = fitting[0] if fitting else int(later[0]) + 1 if len(later) else 2
    yield Prediction(
        f"the sum of the gradients since a clearing every {B} steps",
        run.true[:steps].where((k % B == 0)[:, None, None], summed),
        constants={"period": float(B)},
        fitted_constants=1,
        notes=ONLY_CLEARING,
    )


@predicts("GD103")
def one_cleared(run: Evidence) -> Iterator[Prediction]:
    """`G_w = g_w, G_b = Σ g_b`, or the reverse."""
    summed = accumulated(run, run.true)
    yield Prediction("w's gradient, and the sum of all of b's so far", run.mix(w=run.true, b=summed))
    yield Prediction("b's gradient, and the sum of all of w's so far", run.mix(w=summed, b=run.true))


@predicts("GD104")
def leftover(run: Evidence) -> Iterator[Prediction]:
    """`G_0 = 2 g_0`, then exact."""
    first = (np.arange(run.steps) == 0)[:, None, None]
    twice = (2 * run.true).rounded(run.u)
    yield Prediction("twice the gradient at step 0, and the true one from then on", twice.where(first, run.true))


@predicts("GD105")
def backward_twice(run: Evidence) -> Iterator[Prediction]:
    """`G = 2 g`."""
    yield Prediction("twice the true gradient", (2 * run.true).rounded(run.u))


@predicts("GD130")
def stale(run: Evidence) -> Iterator[Prediction]:
    """`G_k = g_0`; `(k+1) g_0` where nothing is cleared either."""
    held = run.true[:1].spread(run.true.center.shape)
    yield Prediction("the gradient at the start, at every step", held)
    yield Prediction("the gradient at the start, added up at every step", accumulated(run, held))


@predicts("GD131")
def one_step_late(run: Evidence) -> Iterator[Prediction]:
    """The update uses `G_{k-1}`; seen from after the step, `G_k = g_{k-1}`."""
    for late in (run.slope.delayed(), run.slope.after(run.slope[:1])):
        yield Prediction("an update by the gradient of the step before", after=run.update(late))
    yield Prediction("the gradient at the parameters of the step before", run.true.after(run.true[:1]))


@predicts("GD132")
def half_updated(run: Evidence) -> Iterator[Prediction]:
    """`G_b = g_b(w_{k+1}, b_k)`; or w's gradient from the new b."""
    steps = len(run.after)
    if not steps:
        return
    old, new, true = run.before[:steps], run.after, run.true[:steps]
    new_w = run.gradient_at(np.where(run.is_w > 0, new, old))
    yield Prediction("b's gradient at the new w", run.mix(w=true, b=new_w))
    new_b = run.gradient_at(np.where(run.is_w > 0, old, new))
    yield Prediction("w's gradient at the new b", run.mix(w=new_b, b=true))
