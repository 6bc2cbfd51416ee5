"""Gradients that were not cleared, or were cleared at the wrong moment: `backward` adds to `.grad`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts


def accumulated(run: Evidence) -> Enclosure:
    """`G_{k-1} + g_k`, with the one rounding of adding to `.grad`: by recursion, the sum of all gradients so far."""
    return (run.history.delayed() + run.true).rounded(run.u)


@predicts("GD101")
def never_cleared(run: Evidence) -> Iterator[Prediction]:
    """`G_k = Σ_{j≤k} g_j`."""
    yield Prediction("the sum of all gradients so far", accumulated(run), notes=ONLY_CLEARING)


ONLY_CLEARING = ("the updates are consistent with these gradients; only the clearing is missing",)


@predicts("GD102")
def cleared_once_an_epoch(run: Evidence) -> Iterator[Prediction]:
    """`G_k = Σ g` since the last clearing, which comes every B steps."""
    summed, steps = accumulated(run), min(len(run.history), run.steps)
    if steps < 3:
        return
    cleared = _inside(run.history.first(steps), run.true.first(steps))
    added = _inside(run.history.first(steps), summed.first(steps))
    k = np.arange(steps)
    # The shortest period that fits; failing that, the one that the first clearing seen suggests.
    fitting = [B for B in range(2, steps) if np.where(k % B == 0, cleared, added).all()]
    later = np.flatnonzero(cleared[1:])
    B = fitting[0] if fitting else int(later[0]) + 1 if len(later) else 2
    mask = (k % B == 0)[:, None, None]
    yield Prediction(
        f"the sum of the gradients since a clearing every {B} steps",
        run.true.first(steps).where(mask, summed),
        constants={"period": float(B)},
        fitted_constants=1,
        notes=ONLY_CLEARING,
    )


@predicts("GD103")
def one_cleared(run: Evidence) -> Iterator[Prediction]:
    """`G_w = g_w, G_b = Σ g_b`, or the reverse."""
    yield Prediction("w's gradient, and the sum of all of b's so far", run.mix(w=run.true, b=accumulated(run)))
    yield Prediction("b's gradient, and the sum of all of w's so far", run.mix(w=accumulated(run), b=run.true))


@predicts("GD104")
def leftover(run: Evidence) -> Iterator[Prediction]:
    """`G_0 = 2 g_0`, then exact."""
    first = (np.arange(run.steps) == 0)[:, None, None]
    twice = run.true.times(2).rounded(run.u)
    yield Prediction("twice the gradient at step 0, and the true one from then on", twice.where(first, run.true))


@predicts("GD105")
def backward_twice(run: Evidence) -> Iterator[Prediction]:
    """`G = 2 g`."""
    yield Prediction("twice the true gradient", run.true.times(2).rounded(run.u))


def _inside(actual: Enclosure, predicted: Enclosure) -> np.ndarray:
    """At which steps a prediction holds."""
    inside = np.abs(actual.center - predicted.center) <= actual.bound + predicted.bound
    return np.asarray(inside.all(axis=(1, 2)))
