"""Runs that are right and records that are not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.catalogue import Prediction, silent
from gradagree.diagnosis.mistakes.path import exact_path
from gradagree.diagnosis.mistakes.scale import zero_update

LISTS = """
ws, bs, dws, dbs = [], [], [], []
w, b = w.copy(), b.copy()
for _ in range(steps):
    e = x @ w + b - y
    dw = 2 / y.size * (x.T @ e)
    db = 2 / y.size * e.sum(axis=0)
    {before}
    w -= lr * dw
    b -= lr * db
    {after}
return ws, bs, dws, dbs
"""
KEEP = "ws.append({w}); bs.append({b}); dws.append(dw); dbs.append(db)"
COPIED = KEEP.format(w="w.copy()", b="b.copy()")


@silent(
    "GD401",
    "the history holds one array many times",
    explanation="`history.append(w)` stores a reference. Updates in place change what all entries refer to, and in the "
    "end each of them shows the last value.",
    remedy="append a copy, `history.append(w.copy())`, in PyTorch `w.detach().clone()`",
    framework="numpy",
    right=LISTS.format(before=COPIED, after=""),
    wrong=LISTS.format(before=KEEP.format(w="w", b="b"), after=""),
)
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


@silent(
    "GD402",
    "the record was taken after the update, with the gradient from before it",
    explanation="What stands in one row belongs to two moments: the parameters of step k+1 and the gradient of step k.",
    remedy="record parameters and gradient together, before the update",
    framework="numpy",
    right=LISTS.format(before=COPIED, after=""),
    wrong=LISTS.format(before="", after=COPIED),
)
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


@silent(
    "GD403",
    "another number of steps than asked for",
    rank=2,
    explanation="`range(1, steps)`, an early `break`, or epochs counted in batches: the steps are right and their "
    "number is not.",
    remedy="take one step for each of `range(steps)`, and yield at each of them",
    framework="numpy",
    wrong="""
for _ in range(1, steps):
    e = x @ w + b - y
    dw = 2 / y.size * (x.T @ e)
    db = 2 / y.size * e.sum(axis=0)
    yield w, b, dw, db
    w = w - lr * dw
    b = b - lr * db
""",
)
def another_count(run: Evidence) -> Iterator[Prediction]:
    """Shows in how the run ended, not in its numbers: `diagnose.record_faults` sees to it."""
    del run
    yield from ()
