"""Gradients of another loss, and sums over the rows that went wrong."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import OWN, UPWARD, Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from gradagree.diagnosis.mistakes.sums import growth, residuals, underflow, weighted


@predicts("GD126")
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


@predicts("GD143")
def last_row(run: Evidence) -> Iterator[Prediction]:
    """`G = (2/N) e_N (x_N, 1)`, or without the division."""
    if run.N < 2:
        return
    for name, row in (("last", slice(run.N - 1, None)), ("first", slice(0, 1))):
        single = run.gradient_on(run.x[row], run.y[row])
        yield Prediction(f"the {name} row's gradient alone, divided by N", single.times(1 / run.N).rounded(run.u, 2))
        yield Prediction(f"the {name} row's gradient alone", single)


@predicts("GD144")
def not_squared(run: Evidence) -> Iterator[Prediction]:
    """`G = (Sx, 1)`."""
    slope = np.broadcast_to(run.mean[: run.d + 1, run.d][None, :, None] / run.m, run.true.center.shape)
    size = np.abs(run.problem.least_squares.gram.absolute[: run.d + 1, run.d])[None, :, None] / run.N
    bound = (run.arithmetic.sigma(run.N) + OWN) * size * UPWARD + underflow(run, run.N)
    yield Prediction(
        "the gradient of the mean error, which is constant", Enclosure(slope, np.broadcast_to(bound, slope.shape))
    )


@predicts("GD145")
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


@predicts("GD149")
def value_for_gradient(run: Evidence) -> Iterator[Prediction]:
    """`G = L`, for both parameters or for w alone."""
    shape = run.true.center.shape
    center = np.broadcast_to(run.truth.evaluation.loss()[:, None, None], shape)
    value = Enclosure(center, np.broadcast_to(run.truth.loss_bound[:, None, None], shape))
    yield Prediction("the loss in the place of both gradients", value)
    yield Prediction("the loss in the place of w's gradient", run.mix(w=value, b=run.true))
    yield Prediction("the loss in the place of b's gradient", run.mix(w=run.true, b=value))
