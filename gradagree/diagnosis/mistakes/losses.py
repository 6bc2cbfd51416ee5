"""Gradients of another loss, and sums over the rows that went wrong."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import OWN, UPWARD, Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.catalogue import Prediction, silent
from gradagree.diagnosis.mistakes.sums import growth, residuals, underflow, weighted

TORCH_LOSS = """
for _ in range(steps):
    loss = {loss}
    loss.backward()
    yield w, b, w.grad, b.grad
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad = None
    b.grad = None
"""
ROW_BY_ROW = """
for _ in range(steps):
    dw, db = np.zeros_like(w), np.zeros_like(b)
    for xi, yi in zip(x, y):
        e = xi @ w + b - yi
        {dw}
        {db}
    yield w, b, dw, db
    w = w - lr * dw
    b = b - lr * db
"""


@silent(
    "GD126",
    "the accumulated gradient is divided inside the sum",
    rank=2,
    explanation="`acc = (acc + 2 * e * x) / N` divides what was added before at every row again: only the last rows "
    "count.",
    remedy="add up first, divide once after the loop",
    framework="numpy",
    wrong=ROW_BY_ROW.format(dw="dw = (dw + 2 * e * xi[:, None]) / len(x)", db="db = (db + 2 * e) / len(x)"),
)
def divided_inside(run: Evidence) -> Iterator[Prediction]:
    """`G = 2 Σ_i N^-(N-i+1) e_i (x_i, 1)`."""
    powers = -np.arange(run.N, 0, -1.0)
    weights = 2 * float(run.N) ** np.maximum(powers, -1000)
    kept = weights > 0 if run.N > 1 else np.array([], dtype=bool)
    if not kept.any():
        return
    first = int(np.argmax(kept))
    band = weighted(run, weights[first:], slice(first, None))
    if band is not None:
        yield Prediction("a sum that is divided by N at every row", band.times(run.scale))


@silent(
    "GD143",
    "only one row's gradient is left of the sum",
    rank=2,
    explanation="`=` for `+=`, or a line that lost its indentation: each row overwrites the one before, and the last "
    "stays. (A `return` inside the loop leaves the first.)",
    remedy="add up, `dw += …`, inside the loop over the rows",
    framework="numpy",
    wrong=ROW_BY_ROW.format(dw="dw = 2 / len(x) * e * xi[:, None]", db="db = 2 / len(x) * e"),
)
def last_row(run: Evidence) -> Iterator[Prediction]:
    """`G = (2/N) e_N (x_N, 1)`, or without the division."""
    if run.N < 2:
        return
    for name, row in (("last", slice(run.N - 1, None)), ("first", slice(0, 1))):
        single = run.gradient_on(run.x[row], run.y[row])
        yield Prediction(f"the {name} row's gradient alone, divided by N", single.times(1 / run.N).rounded(run.u, 2))
        yield Prediction(f"the {name} row's gradient alone", single)


@silent(
    "GD144",
    "the error is not squared",
    rank=2,
    explanation="`(prediction - y).mean()` has the same slope everywhere, mean(x) and 1: the parameters run away at a "
    "constant speed.",
    remedy="square the error, `((prediction - y) ** 2).mean()`",
    wrong=TORCH_LOSS.format(loss="(x @ w + b - y).mean()"),
)
def not_squared(run: Evidence) -> Iterator[Prediction]:
    """`G = (Sx, 1)`."""
    slope = np.broadcast_to(run.mean[: run.d + 1, run.d][None, :, None] / run.m, run.true.center.shape)
    size = np.abs(run.problem.least_squares.gram.absolute[: run.d + 1, run.d])[None, :, None] / run.N
    bound = (run.arithmetic.sigma(run.N) + OWN) * size * UPWARD + underflow(run, run.N)
    yield Prediction(
        "the gradient of the mean error, which is constant", Enclosure(slope, np.broadcast_to(bound, slope.shape))
    )


@silent(
    "GD145",
    "another loss: the mean absolute error, or the root of the mean squared one",
    rank=2,
    explanation="`.abs().mean()` (`L1Loss`) has gradients that do not shrink on the way; the root's are the mean "
    "squared error's divided by twice the root.",
    remedy="differentiate the mean squared error, `((prediction - y) ** 2).mean()`",
    wrong=TORCH_LOSS.format(loss="((x @ w + b - y) ** 2).mean().sqrt()"),
)
def another_loss(run: Evidence) -> Iterator[Prediction]:
    """`(mean sgn(e) x, mean sgn e)`, or `g / (2 sqrt(L))`."""
    loss, bound = run.truth.evaluation.loss(), run.truth.loss_bound
    # d sqrt(L) / sqrt(L) <= (dL / L) / (2 sqrt(1 - dL / L))
    relative = bound / loss
    relative = np.where(relative < 1, relative / (2 * np.sqrt(np.maximum(1 - relative, 0))), np.inf)
    root = (0.5 / np.sqrt(loss * run.scale))[:, None, None]  # of the mean squared error's gradient, from the loss's
    plain = Enclosure(run.truth.gradient, run.truth.gradient_bound).times(root).rounded(run.u, 4)
    wide = relative[:, None, None] / np.maximum(1 - relative[:, None, None], 0) * (np.abs(plain.center) + plain.bound)
    yield Prediction(
        "the gradient of the root of the mean squared error", plain.widened(np.where(wide >= 0, wide, np.inf))
    )
    found = residuals(run)
    if found is None:
        return
    r, error = found
    X = np.hstack([run.x, np.ones((run.N, 1))])
    # A residual within its own rounding of zero may come out with either sign, or with none.
    unsure = 2.0 * (np.abs(r) <= error)
    size = np.abs(X).sum(axis=0)[None, :, None] * growth(run, run.N)
    slack = (np.abs(X).T @ unsure + size) / (run.N * run.m) * UPWARD + underflow(run, run.N)
    yield Prediction("the gradient of the mean absolute error", Enclosure(X.T @ np.sign(r) / (run.N * run.m), slack))


@silent(
    "GD149",
    "the loss's value was used for its gradient",
    rank=3,
    explanation="`jax.value_and_grad` returns the value first. `g, l = value_and_grad(f)(…)` swaps them, and every "
    "parameter is moved by lr times the loss.",
    remedy="take them in order, `l, g = jax.value_and_grad(f)(…)`",
    framework="jax",
    wrong="""
def loss(w, b):
    return ((x @ w + b - y) ** 2).mean()

for _ in range(steps):
    g, l = jax.value_and_grad(loss, argnums=(0, 1))(w, b)
    yield w, b
    w = w - lr * g
    b = b - lr * g
""",
)
def value_for_gradient(run: Evidence) -> Iterator[Prediction]:
    """`G = L`, for both parameters or for w alone."""
    shape = run.true.center.shape
    center = np.broadcast_to(run.truth.evaluation.loss()[:, None, None], shape)
    value = Enclosure(center, np.broadcast_to(run.truth.loss_bound[:, None, None], shape))
    yield Prediction("the loss in the place of both gradients", value)
    yield Prediction("the loss in the place of w's gradient", run.mix(w=value, b=run.true))
    yield Prediction("the loss in the place of b's gradient", run.mix(w=run.true, b=value))
