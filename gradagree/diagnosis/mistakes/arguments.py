"""Derivatives with respect to the wrong argument."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import OWN, UPWARD, Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from reference.dyadic import FloatArray


@predicts("GD148")
def data_gradient(run: Evidence) -> Iterator[Prediction]:
    """`G_i = 2 e_i w / N` summed or averaged over the rows, `w g_b` or `w g_b / N`; with x's shape, see `per_row`."""
    if not run.line:
        return
    w, row = run.before[:, :1], slice(1, None)
    for how, factor in (("summed", 1.0), ("averaged", 1 / run.N)):
        summed = Enclosure(run.true.center[:, row], run.true.bound[:, row]).times(w * factor).rounded(run.u, 4)
        both = Enclosure(np.repeat(summed.center, 2, axis=1), np.repeat(summed.bound, 2, axis=1))
        label = f"the loss's gradient with respect to x, {how} over the rows, for w"
        yield Prediction(label, run.mix(w=both, b=run.true))


def per_row(run: Evidence, w: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """`∂loss/∂x_ij = (2/(N m)) Σ_t e_it w_jt` at one point, `(N, d)`, and how far a correct evaluation may be off."""
    e = run.x @ w + b - run.y
    sizes = (np.abs(run.x) @ np.abs(w) + np.abs(b) + np.abs(run.y)) @ np.abs(w).T
    mean = 2 / run.y.size * run.scale
    unit = run.arithmetic.sigma(run.m) + 2 * run.arithmetic.rho(run.d) + OWN * (run.d + run.m + 8)
    return mean * (e @ w.T), (mean * unit * sizes + run.arithmetic.omega * run.N) * UPWARD
