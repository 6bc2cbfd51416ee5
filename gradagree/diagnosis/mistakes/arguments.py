"""Derivatives with respect to the wrong argument."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.mistakes.band import OWN, UPWARD, Band
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from gradagree.diagnosis.mistakes.view import View
from reference.dyadic import FloatArray


@predicts("GD148")
def data_gradient(run: View) -> Iterator[Prediction]:
    """`G_i = 2 e_i w / N` summed or averaged over the rows, `w g_b` or `w g_b / N`; with x's shape, see `per_row`."""
    if not run.line:
        return
    w, row = run.before[:, :1], slice(1, None)
    for how, factor in (("summed", 1.0), ("averaged", 1 / run.N)):
        summed = Band(run.true.center[:, row], run.true.bound[:, row]).times(w * factor).rounded(run.u, 4)
        both = Band(np.repeat(summed.center, 2, axis=1), np.repeat(summed.bound, 2, axis=1))
        label = f"the loss's gradient with respect to x, {how} over the rows, for w"
        yield Prediction(label, run.mix(w=both, b=run.true))


def per_row(run: View, w: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """`∂loss/∂x_ij = (2/(N m)) Σ_t e_it w_jt` at one point, `(N, d)`, and how far a correct evaluation may be off."""
    e = run.x @ w + b - run.y
    sizes = (np.abs(run.x) @ np.abs(w) + np.abs(b) + np.abs(run.y)) @ np.abs(w).T
    mean = 2 / run.y.size * run.scale
    unit = run.claim.sigma(run.m) + 2 * run.claim.rho(run.d) + OWN * (run.d + run.m + 8)
    return mean * (e @ w.T), (mean * unit * sizes + run.claim.omega * run.N) * UPWARD
