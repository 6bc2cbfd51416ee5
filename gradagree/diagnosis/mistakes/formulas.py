"""Gradients written by hand with a wrong formula."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from gradagree.diagnosis.mistakes.solve import interval, solve


def from_b(run: Evidence, factors: np.ndarray, roundings: int = 2) -> Enclosure:
    """The rows of w as b's true gradient times a factor for each feature, b's row as it is."""
    rows = np.append(np.asarray(factors, dtype=np.float64), 1.0)[None, :, None]
    row = Enclosure(run.true.center[:, run.d :], run.true.bound[:, run.d :])
    return run.mix(w=row.times(rows).rounded(run.u, roundings), b=run.true)


@predicts("GD140")
def without_x(run: Evidence) -> Iterator[Prediction]:
    """`G_w = g_b`."""
    yield Prediction("b's gradient for both", from_b(run, np.ones(run.d)))


@predicts("GD141")
def square_of_mean(run: Evidence) -> Iterator[Prediction]:
    """`G = 2 mean(e) (Sx, 1)`."""
    if run.m == 1:
        yield Prediction("b's gradient times the mean of x, for w", from_b(run, run.mean[: run.d, run.d], run.N + 8))


@predicts("GD142")
def one_row(run: Evidence) -> Iterator[Prediction]:
    """`G_w = g_b x_i`, one i for all steps."""
    if run.d != 1:
        return

    def family(c: float) -> Enclosure:
        return from_b(run, np.array([c]), 4)

    factor = solve(run.history, family)
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
    zero = Enclosure.exact(np.zeros_like(run.true.center))
    yield Prediction("w's gradient, and zero for b", run.mix(w=run.true, b=zero))
    if (run.before[:, run.d] != 0).any():
        without = run.gradient_at(np.where(run.is_w > 0, run.before, 0.0))
        yield Prediction("w's gradient for a prediction without b, and zero for b", run.mix(w=without, b=zero))


@predicts("GD147")
def swapped(run: Evidence) -> Iterator[Prediction]:
    """`G = (g_b, g_w)`."""
    if run.d == 1:
        turned = Enclosure(run.true.center[:, ::-1], run.true.bound[:, ::-1])
        yield Prediction("b's gradient for w, and w's for b", turned)
