"""Gradients of another loss than the mean squared error, or with respect to another argument than w and b."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import OWN, UPWARD, Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from gradagree.diagnosis.mistakes.sums import growth, residuals, underflow
from reference.dyadic import FloatArray


@predicts("GD144")
def not_squared(run: Evidence) -> Iterator[Prediction]:
    """`G = (Sx, 1)`."""
    size = np.abs(run.problem.least_squares.gram.absolute[: run.d + 1, run.d]) / run.N
    bound = (run.arithmetic.sigma(run.N) + OWN) * size * UPWARD + underflow(run, run.N)
    slope = Enclosure(run.mean[: run.d + 1, run.d] / run.m, bound)[None, :, None]
    yield Prediction("the gradient of the mean error, which is constant", slope.spread(run.true.center.shape))


@predicts("GD145")
def another_loss(run: Evidence) -> Iterator[Prediction]:
    """`(mean sgn(e) x, mean sgn e)`, or `g / (2 sqrt(L))`."""
    loss, bound = run.truth.evaluation.loss(), run.truth.loss_bound
    # d sqrt(L) / sqrt(L) <= (dL / L) / (2 sqrt(1 - dL / L))
    relative = bound / loss
    relative = np.where(relative < 1, relative / (2 * np.sqrt(np.maximum(1 - relative, 0))), np.inf)
    root = (0.5 / np.sqrt(loss * run.scale))[:, None, None]  # of the mean squared error's gradient, from the loss's
    plain = (root * Enclosure(run.truth.gradient, run.truth.gradient_bound)).rounded(run.u, 4)
    wide = (relative / np.maximum(1 - relative, 0))[:, None, None] * (np.abs(plain.center) + plain.bound)
    label = "the gradient of the root of the mean squared error"
    yield Prediction(label, plain.widened(np.where(wide >= 0, wide, np.inf)))
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


@predicts("GD148")
def data_gradient(run: Evidence) -> Iterator[Prediction]:
    """`G_i = 2 e_i w / N` summed or averaged over the rows, `w g_b` or `w g_b / N`; with x's shape, see `per_row`."""
    if not run.line:
        return
    w = run.before[:, :1]
    for how, factor in (("summed", 1.0), ("averaged", 1 / run.N)):
        both = ((w * factor) * run.true[:, [1, 1]]).rounded(run.u, 4)
        label = f"the loss's gradient with respect to x, {how} over the rows, for w"
        yield Prediction(label, run.mix(w=both, b=run.true))


def per_row(run: Evidence, w: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """`∂loss/∂x_ij = (2/(N m)) Σ_t e_it w_jt` at one point, `(N, d)`, and how far a correct evaluation may be off."""
    e = run.x @ w + b - run.y
    sizes = (np.abs(run.x) @ np.abs(w) + np.abs(b) + np.abs(run.y)) @ np.abs(w).T
    mean = 2 / run.y.size * run.scale
    unit = run.arithmetic.sigma(run.m) + 2 * run.arithmetic.rho(run.d) + OWN * (run.d + run.m + 8)
    return mean * (e @ w.T), (mean * unit * sizes + run.arithmetic.omega * run.N) * UPWARD


@predicts("GD149")
def value_for_gradient(run: Evidence) -> Iterator[Prediction]:
    """`G = L`, for both parameters or for w alone."""
    loss = Enclosure(run.truth.evaluation.loss(), run.truth.loss_bound)
    value = loss[:, None, None].spread(run.true.center.shape)
    yield Prediction("the loss in the place of both gradients", value)
    yield Prediction("the loss in the place of w's gradient", run.mix(w=value, b=run.true))
    yield Prediction("the loss in the place of b's gradient", run.mix(w=run.true, b=value))
