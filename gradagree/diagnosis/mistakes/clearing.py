"""Gradients that were not cleared, or were cleared at the wrong moment: `backward` adds to `.grad`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.catalogue import Prediction, silent


def accumulated(run: Evidence) -> Enclosure:
    """`G_{k-1} + g_k`, with the one rounding of adding to `.grad`: by recursion, the sum of all gradients so far."""
    return (run.history.delayed() + run.true).rounded(run.u)


@silent(
    "GD101",
    "gradients were not cleared between steps",
    rank=0,
    explanation="`backward()` adds to `.grad`; it does not replace it. Never cleared, `.grad` holds the sum of all "
    "gradients so far, and the run swings past the minimum like a pendulum. Sources: pytorch/examples#1424, "
    "pytorch#47175.",
    remedy="set `w.grad = None; b.grad = None` (or call `.zero_()` on both) after each update",
    family=(
        "a cumulative loss (`total += loss`), a mistyped clearing (`w.grad == None`) and an accumulator that is set to "
        "zero outside the loop leave the same record",
    ),
    wrong="""
for _ in range(steps):
    loss = ((x @ w + b - y) ** 2).mean()
    loss.backward()
    yield w, b, w.grad, b.grad
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
""",
)
def never_cleared(run: Evidence) -> Iterator[Prediction]:
    """`G_k = Σ_{j≤k} g_j`."""
    yield Prediction("the sum of all gradients so far", accumulated(run), notes=ONLY_CLEARING)


ONLY_CLEARING = ("the updates are consistent with these gradients; only the clearing is missing",)


@silent(
    "GD102",
    "gradients were cleared once an epoch, not at every step",
    explanation="The clearing stands in the outer loop, the update in the inner one. Within an epoch gradients add up.",
    remedy="move the clearing into the inner loop, beside the update",
    wrong="""
for k in range(steps):
    if k % 5 == 0:
        w.grad = b.grad = None
    loss = ((x @ w + b - y) ** 2).mean()
    loss.backward()
    yield w, b, w.grad, b.grad
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
""",
)
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


@silent(
    "GD103",
    "only one of the two gradients was cleared",
    rank=2,
    explanation="`w.grad` is cleared and `b.grad` is not (or the other way round), so that one of them is a sum over "
    "all steps so far.",
    remedy="clear both, `w.grad = None; b.grad = None`",
    wrong="""
for _ in range(steps):
    loss = ((x @ w + b - y) ** 2).mean()
    loss.backward()
    yield w, b, w.grad, b.grad
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad = None
""",
)
def one_cleared(run: Evidence) -> Iterator[Prediction]:
    """`G_w = g_w, G_b = Σ g_b`, or the reverse."""
    yield Prediction("w's gradient, and the sum of all of b's so far", run.mix(w=run.true, b=accumulated(run)))
    yield Prediction("b's gradient, and the sum of all of w's so far", run.mix(w=accumulated(run), b=run.true))


@silent(
    "GD104",
    "a gradient from before the loop was left in place",
    rank=2,
    explanation="A `backward()` before the loop, to look at a gradient for instance, leaves it in `.grad`; the first "
    "step adds its own. Source: karpathy/llm.c#548.",
    remedy="clear the gradients before the loop begins, or before each backward",
    wrong="""
((x @ w + b - y) ** 2).mean().backward()
for _ in range(steps):
    loss = ((x @ w + b - y) ** 2).mean()
    loss.backward()
    yield w, b, w.grad, b.grad
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad = None
    b.grad = None
""",
)
def leftover(run: Evidence) -> Iterator[Prediction]:
    """`G_0 = 2 g_0`, then exact."""
    first = (np.arange(run.steps) == 0)[:, None, None]
    twice = run.true.times(2).rounded(run.u)
    yield Prediction("twice the gradient at step 0, and the true one from then on", twice.where(first, run.true))


@silent(
    "GD105",
    "backward was called twice in a step",
    rank=2,
    explanation="Two calls of `backward()` add the same gradient to `.grad` twice; `retain_graph=True` silences the "
    "error that would have said so.",
    remedy="call `backward()` once a step, without `retain_graph=True`",
    family=("a loss counted twice (`loss + loss`, a factor 2 too many) leaves the same record",),
    wrong="""
for _ in range(steps):
    loss = ((x @ w + b - y) ** 2).mean()
    loss.backward(retain_graph=True)
    loss.backward()
    yield w, b, w.grad, b.grad
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad = None
    b.grad = None
""",
)
def backward_twice(run: Evidence) -> Iterator[Prediction]:
    """`G = 2 g`."""
    yield Prediction("twice the true gradient", run.true.times(2).rounded(run.u))


def _inside(actual: Enclosure, predicted: Enclosure) -> np.ndarray:
    """At which steps a prediction holds."""
    inside = np.abs(actual.center - predicted.center) <= actual.bound + predicted.bound
    return np.asarray(inside.all(axis=(1, 2)))
