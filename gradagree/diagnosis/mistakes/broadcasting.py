"""Shapes that do not match and broadcast all the same: every prediction meets every target."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from gradagree.diagnosis.mistakes.sums import affine, magnitudes
from reference.dyadic import FloatArray


def crossed(run: Evidence) -> Enclosure:
    """`2 (w Sxx + b Sx - Sx Sy)` for w, and the true gradient for b: each row's x with the mean of all targets."""

    def moments(means: FloatArray) -> tuple[FloatArray, FloatArray]:
        p = run.d + 1
        return 2 * means[:p, :p], 2 * means[:p, run.d : p] * means[run.d, p:]

    A, c = moments(run.mean)
    return affine(run, A, c, moments(magnitudes(run)), run.N**2)


@predicts("GD110")
def every_target(run: Evidence) -> Iterator[Prediction]:
    """`G_w = 2 (w Sxx + b Sx - Sx Sy)`, `G_b = g_b`."""
    if run.m == 1:
        yield Prediction("the gradient of every prediction against every target", crossed(run))


@predicts("GD111")
def by_hand(run: Evidence) -> Iterator[Prediction]:
    """`G_w = 2N [Sx · mean h - Sxy]`, `G_b = N g_b`; or each averaged over the N² entries."""
    if not run.line:
        return

    def moments(means: FloatArray) -> tuple[FloatArray, FloatArray]:
        Sx, Sy, Sxy = means[0, 1], means[1, 2], means[0, 2]
        return 2 * np.array([[Sx * Sx, Sx], [Sx, 1.0]]), 2 * np.array([[Sxy], [Sy]])

    A, c = moments(run.mean)
    rows = affine(run, A, c, moments(magnitudes(run)), run.N**2)
    # x flat and y not: a residual of each row with every x, the mean of x times b's gradient.
    columns = run.true.center[:, 1:], run.true.bound[:, 1:]
    mixed = Enclosure(columns[0], columns[1]).times(float(run.mean[0, 1])).rounded(run.u, run.N)
    paired = run.mix(w=Enclosure(np.repeat(mixed.center, 2, axis=1), np.repeat(mixed.bound, 2, axis=1)), b=run.true)
    cross = crossed(run)
    summed = (("summed", float(run.N)), ("averaged", 1.0))
    for how, w in summed:
        for b in {w, 1.0}:
            other = run.true.times(b).rounded(run.u, 2)
            for name, band in (("x", rows), ("residual", paired), ("target", cross)):
                if (name, how) in (("residual", "averaged"), ("target", "averaged")) and b == 1.0:
                    continue  # GD141's record, and GD110's
                label = f"an N×N matrix of products, {how}, for w (by {name}), b's gradient {b:g} times the true one"
                yield Prediction(label, run.mix(w=band.times(w).rounded(run.u, 2), b=other))
