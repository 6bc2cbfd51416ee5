"""Gradients of another moment: from a graph that has gone stale, a step late, or from parameters half updated."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts


@predicts("GD130")
def stale(run: Evidence) -> Iterator[Prediction]:
    """`G_k = g_0`; `(k+1) g_0` where nothing is cleared either."""
    yield Prediction("the gradient at the start, at every step", run.true.held())
    summed = (run.history.delayed() + run.true.held()).rounded(run.u)
    yield Prediction("the gradient at the start, added up at every step", summed)


@predicts("GD131")
def one_step_late(run: Evidence) -> Iterator[Prediction]:
    """The update uses `G_{k-1}`; seen from after the step, `G_k = g_{k-1}`."""
    late = run.slope.delayed()
    again = _shifted(run.slope)
    yield Prediction("an update by the gradient of the step before", after=run.update(late), quantity="update")
    yield Prediction("an update by the gradient of the step before", after=run.update(again), quantity="update")
    yield Prediction("the gradient at the parameters of the step before", _shifted(run.true))


def _shifted(band: Enclosure) -> Enclosure:
    """Each step's numbers a step later, the first ones twice."""
    order = np.maximum(np.arange(len(band)) - 1, 0)
    return Enclosure(band.center[order], band.bound[order])


@predicts("GD132")
def half_updated(run: Evidence) -> Iterator[Prediction]:
    """`G_b = g_b(w_{k+1}, b_k)`; or w's gradient from the new b."""
    steps = len(run.after)
    if not steps:
        return
    old, new = run.before[:steps], run.after
    true = run.true.first(steps)
    new_w = run.gradient_at(np.where(run.is_w > 0, new, old))
    yield Prediction("b's gradient at the new w", run.mix(w=true, b=new_w))
    new_b = run.gradient_at(np.where(run.is_w > 0, old, new))
    yield Prediction("w's gradient at the new b", run.mix(w=new_b, b=true))
