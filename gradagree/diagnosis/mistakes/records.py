"""Runs that are right and records that are not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.path import exact_path
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from gradagree.diagnosis.mistakes.scale import zero_update


@predicts("GD401")
def aliased(run: Evidence) -> Iterator[Prediction]:
    """All rows are the end of the exact run; gradients genuine, all the last one, or zero."""
    if len(run.V) < 2 or not (run.V[0] == run.V).all():
        return
    path = exact_path(run)
    if path is None:
        return
    end, genuine = path
    still, shape = zero_update(run), run.true.center.shape
    last = Enclosure(np.broadcast_to(genuine.center[-1:], shape), np.broadcast_to(genuine.bound[-1:], shape))
    kinds = (
        ("the exact run's", genuine.first(run.steps)),
        ("all the last one", last),
        ("zero", Enclosure.exact(np.zeros(shape))),
    )
    silent_on = frozenset() if run.reported else frozenset({"gradient"})
    for name, gradient in kinds if run.reported else kinds[:1]:
        label = f"the end of the exact run at every step, with gradients that are {name}"
        band = gradient if run.reported else None
        yield Prediction(label, band, still, end, unpredicted=silent_on, quantity="record")


@predicts("GD402")
def after_the_update(run: Evidence) -> Iterator[Prediction]:
    """`G_k = g(θ_{k-1})`, beginning one update after the given start."""
    start = run.problem.V0[None]
    first = run.gradient_at(start)
    gradient = Enclosure(
        np.concatenate([first.center, run.true.center[:-1]]), np.concatenate([first.bound, run.true.bound[:-1]])
    )
    moved = run.update(first, start=start)
    if not len(moved):
        return
    after = run.update(run.true)
    yield Prediction(
        "parameters that are one update ahead of their gradients",
        gradient if run.reported else None,
        after,
        moved.first(1),
        quantity="record",
    )


@predicts("GD403")
def another_count(run: Evidence) -> Iterator[Prediction]:
    """Shows in how the run ended, not in its numbers: `diagnose.record_faults` sees to it."""
    del run
    yield from ()
