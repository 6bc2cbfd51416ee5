"""Gradients of another moment: from a graph that has gone stale, a step late, or from parameters half updated."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.catalogue import Prediction, silent


@silent(
    "GD130",
    "every gradient is that of the first parameters: a stale graph or closure",
    explanation="A loss built once outside the loop and kept with `retain_graph=True`, or a jitted function that "
    "closes over the parameters, answers for the parameters that it saw first. Sources: jax#1426, dgl#4285.",
    remedy="compute the loss inside the loop; pass parameters to a jitted function as arguments",
    family=("a graph that is kept and a jitted closure over the parameters leave the same record",),
    wrong="""
loss = ((x @ w + b - y) ** 2).mean()
for _ in range(steps):
    loss.backward(retain_graph=True)
    yield w, b, w.grad, b.grad
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad = None
    b.grad = None
""",
)
def stale(run: Evidence) -> Iterator[Prediction]:
    """`G_k = g_0`; `(k+1) g_0` where nothing is cleared either."""
    yield Prediction("the gradient at the start, at every step", run.true.held())
    summed = (run.history.delayed() + run.true.held()).rounded(run.u)
    yield Prediction("the gradient at the start, added up at every step", summed)


@silent(
    "GD131",
    "every update uses the gradient of the step before",
    rank=2,
    explanation="With `step(); zero_grad(); backward()` in the loop, a step applies what the last iteration's backward "
    "left.",
    remedy="keep the order zero_grad, backward, step",
    wrong="""
optimizer = torch.optim.SGD([w, b], lr=lr)
for _ in range(steps):
    loss = ((x @ w + b - y) ** 2).mean()
    before = w.detach().clone(), b.detach().clone()
    optimizer.step()
    optimizer.zero_grad()
    loss.backward()
    yield *before, w.grad, b.grad
""",
)
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


@silent(
    "GD132",
    "b's gradient was taken with w updated already",
    explanation="`w` is updated first, and the gradient for `b` is computed from the new `w`: two half steps in a row, "
    "not one step in both.",
    remedy="compute both gradients before either update",
    framework="numpy",
    wrong="""
for _ in range(steps):
    dw = 2 / y.size * (x.T @ (x @ w + b - y))
    before = w
    w = w - lr * dw
    db = 2 / y.size * (x @ w + b - y).sum(axis=0)
    yield before, b, dw, db
    b = b - lr * db
""",
)
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
