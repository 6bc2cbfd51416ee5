"""Sums over the rows that went wrong: divided inside, one row alone, or an update at every row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import OWN, UPWARD, Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from gradagree.diagnosis.mistakes.sums import MOST_RESIDUALS, weighted
from reference.dyadic import FloatArray


@predicts("GD126")
def divided_inside(run: Evidence) -> Iterator[Prediction]:
    """`G = 2 Σ_i N^-(N-i+1) e_i (x_i, 1)`."""
    powers = -np.arange(run.N, 0, -1.0)
    weights = 2 * float(run.N) ** np.maximum(powers, -1000)
    kept = slice(int(np.argmax(weights > 0)), None)
    gradient = weighted(run, weights[kept], kept) if run.N > 1 else None
    if gradient is not None:
        yield Prediction("a sum that is divided by N at every row", run.scale * gradient)


@predicts("GD143")
def one_row_left(run: Evidence) -> Iterator[Prediction]:
    """`G = (2/N) e_N (x_N, 1)`, or without the division."""
    if run.N < 2:
        return
    for name, row in (("last", slice(run.N - 1, None)), ("first", slice(0, 1))):
        single = run.gradient_on(run.x[row], run.y[row])
        yield Prediction(f"the {name} row's gradient alone, divided by N", (1 / run.N * single).rounded(run.u, 2))
        yield Prediction(f"the {name} row's gradient alone", single)


@predicts("GD214")
def row_by_row(run: Evidence) -> Iterator[Prediction]:
    """N composed rank-one steps, `v - c lr e_i (x_i, 1)` one after the other; c = 2, 2/N, 1 or 1/N."""
    if run.m != 1 or run.steps * run.N > MOST_RESIDUALS:
        return
    factors = {"2": 2.0, "2/N": 2 / run.N, "1": 1.0, "1/N": 1 / run.N}
    notes = ("nothing is said of the reported gradients: there are N of them in each step",) if run.reported else ()
    for name, after in zip(factors, _composed(run, np.array(list(factors.values()))), strict=True):
        label = f"{run.N} updates in a row, each by {name} times one row's e (x, 1)"
        yield Prediction(label, after=after, unpredicted=("gradient",), notes=notes)


def _composed(run: Evidence, factors: FloatArray) -> list[Enclosure]:
    """The end of a pass over the rows, from every iterate and for every factor at once; with bounds in the 2-norm.

    One row's update multiplies an error by `I - c lr z zᵀ`, whose norm is `max(1, |1 - c lr ‖z‖²|)`, and adds its own.
    """
    steps = len(run.after)
    rates, omega = (factors * run.lr)[:, None], run.arithmetic.omega
    u = max(run.u, run.arithmetic.accumulate.unit_roundoff)
    rho, Z = run.arithmetic.rho(run.d) + OWN * (run.d + 2), np.hstack([run.x, np.ones((run.N, 1))])
    lengths = np.linalg.norm(Z, axis=1)
    growth = np.maximum(1.0, np.abs(1 - rates * lengths**2))
    v = np.broadcast_to(run.before[:steps, :, 0], (len(factors), steps, run.d + 1))
    error = np.zeros((len(factors), steps))
    for i, (z, y) in enumerate(zip(Z, run.y[:, 0], strict=True)):
        e, size = v @ z - y, np.abs(v) @ np.abs(z) + abs(y)
        step = rates * e
        v = v - step[..., None] * z
        own = u * np.linalg.norm(v, axis=-1) + (6 * u + OWN) * np.abs(step) * lengths[i]
        own += rates * rho * size * lengths[i]
        largest = np.abs(v).max(axis=(1, 2), initial=0.0)[:, None]  # 0 without an update
        error = (growth[:, i, None] * error + own * (1 + 8 * u) + OWN * largest + omega) * (1 + OWN)
    ends = Enclosure(v[..., None], (error * UPWARD)[..., None, None]).spread((*v.shape, 1))
    return [ends[k] for k in range(len(factors))]
