"""Wrong formulas for the gradient, written by hand, and shapes that broadcast: every prediction meets every target."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from gradagree.diagnosis.mistakes.solve import interval, solve
from gradagree.diagnosis.mistakes.sums import affine, magnitudes
from reference.dyadic import FloatArray


def from_b(run: Evidence, factors: float | FloatArray, roundings: int = 2) -> Enclosure:
    """The rows of w as b's true gradient times a factor for each feature, b's row as it is."""
    rows = np.append(np.broadcast_to(factors, run.d), 1.0)[None, :, None]
    return run.mix(w=(rows * run.true[:, run.d :]).rounded(run.u, roundings), b=run.true)


@predicts("GD140")
def without_x(run: Evidence) -> Iterator[Prediction]:
    """`G_w = g_b`."""
    yield Prediction("b's gradient for both", from_b(run, 1.0))


@predicts("GD141")
def square_of_mean(run: Evidence) -> Iterator[Prediction]:
    """`G = 2 mean(e) (Sx, 1)`."""
    if run.m == 1:
        yield Prediction("b's gradient times the mean of x, for w", from_b(run, run.mean[: run.d, run.d], run.N + 8))


@predicts("GD142")
def one_row(run: Evidence) -> Iterator[Prediction]:
    """`G_w = g_b x_i`, one i for all steps."""

    def family(c: float) -> Enclosure:
        return from_b(run, c, 4)

    factor = solve(run.history, family) if run.d == 1 else None
    if factor is None:
        return
    low, high = interval(run.history, family, factor)
    among = np.flatnonzero((run.x[:, 0] >= low) & (run.x[:, 0] <= high))
    row = int(among[0]) if len(among) else int(np.argmin(np.abs(run.x[:, 0] - factor)))
    label = f"b's gradient times x[{row}], for w"
    yield Prediction(label, family(float(run.x[row, 0])), constants={"row": float(row)}, fitted_constants=1)


@predicts("GD146")
def no_bias(run: Evidence) -> Iterator[Prediction]:
    """`G_b = 0`, w's gradient with b as it stands or without any b."""
    yield Prediction("w's gradient, and zero for b", run.mix(w=run.true, b=run.zero))
    if (run.before[:, run.d] != 0).any():
        without = run.gradient_at(np.where(run.is_w > 0, run.before, 0.0))
        yield Prediction("w's gradient for a prediction without b, and zero for b", run.mix(w=without, b=run.zero))


@predicts("GD147")
def swapped(run: Evidence) -> Iterator[Prediction]:
    """`G = (g_b, g_w)`."""
    if run.d == 1:
        yield Prediction("b's gradient for w, and w's for b", run.true[:, ::-1])


def crossed(run: Evidence) -> Enclosure:
    """`2 (w Sxx + b Sx - Sx Sy)` for w, and the true gradient for b: each row's x with the mean of all targets."""

    def moments(means: FloatArray) -> tuple[FloatArray, FloatArray]:
        p = run.d + 1
        return 2 * means[:p, :p], 2 * means[:p, run.d : p] * means[run.d, p:]

    return affine(run, moments(run.mean), moments(magnitudes(run)), run.N**2)


@predicts("GD110")
def every_target(run: Evidence) -> Iterator[Prediction]:
    """`G_w = 2 (w Sxx + b Sx - Sx Sy)`, `G_b = g_b`."""
    if run.m == 1:
        yield Prediction("the gradient of every prediction against every target", crossed(run))


@predicts("GD111")
def broadcast_by_hand(run: Evidence) -> Iterator[Prediction]:
    """`G_w = 2N [Sx · mean h - Sxy]`, `G_b = N g_b`; or each averaged over the N² entries."""
    if not run.line:
        return

    def moments(means: FloatArray) -> tuple[FloatArray, FloatArray]:
        Sx, Sy, Sxy = means[0, 1], means[1, 2], means[0, 2]
        return 2 * np.array([[Sx * Sx, Sx], [Sx, 1.0]]), 2 * np.array([[Sxy], [Sy]])

    rows = affine(run, moments(run.mean), moments(magnitudes(run)), run.N**2)
    # x flat and y not: a residual of each row with every x, the mean of x times b's gradient.
    paired = from_b(run, float(run.mean[0, 1]), run.N)
    for how, w in (("summed", float(run.N)), ("averaged", 1.0)):
        for b in {w, 1.0}:
            other = (b * run.true).rounded(run.u, 2)
            for name, by in (("x", rows), ("residual", paired), ("target", crossed(run))):
                if how == "averaged" and name != "x":
                    continue  # GD141's record, and GD110's
                label = f"an N×N matrix of products, {how}, for w (by {name}), b's gradient {b:g} times the true one"
                yield Prediction(label, run.mix(w=(w * by).rounded(run.u, 2), b=other))
