"""Features that were scaled before the fit, and a line that is reported as if they had not been."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import OWN, UPWARD, Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from reference.dyadic import FloatArray
from reference.optimizers.sgd import descended_floats


@predicts("GD302")
def scaled_features(run: Evidence) -> Iterator[Prediction]:
    """Exact descent on `z = (x - μ) / s`, reported as it is, or as `w_z / s, b_z - w_z μ / s`."""
    if not run.line:
        return
    for name, mu, s in _scalings(run.x[:, 0]):
        if not (s > 0 and np.isfinite(s)) or (mu, s) == (0.0, 1.0):
            continue
        z = (run.x - mu) / s
        # μ and s are themselves sums over the rows, in the format of the run.
        unit = (run.N + 8) * (run.u + OWN)
        off = unit * ((np.abs(run.x) + np.abs(run.x).mean()) / s + np.abs(z))
        constants = {"mu": mu, "s": s}
        gradient = _perturbed(run, run.gradient_on(z, run.y), z, off, run.before)
        yield Prediction(f"the gradient for x {name}", gradient, constants=constants, quantity="data")
        yield from _scaled_back(run, name, z, off, constants)


def _scalings(x: FloatArray) -> Iterator[tuple[str, float, float]]:
    mean, low, high = float(x.mean()), float(x.min()), float(x.max())
    yield "standardised", mean, float(x.std())
    yield "standardised (by N - 1)", mean, float(x.std(ddof=1)) if len(x) > 1 else 0.0
    yield "centred", mean, 1.0
    yield "scaled to [0, 1]", low, high - low
    yield "centred and divided by its range", mean, high - low
    yield "divided by its maximum", 0.0, float(np.abs(x).max())
    yield "divided by its standard deviation", 0.0, float(x.std())


def _perturbed(run: Evidence, gradient: Enclosure, z: FloatArray, off: FloatArray, V: FloatArray) -> Enclosure:
    """A gradient whose features are each off by at most `off`.

    `|δg_w| ≤ (2/N) Σ δ_i (q_i + |z_i| |w|)` and `|δg_b| ≤ (2/N) Σ δ_i |w|`, with `q_i = |z_i w| + |b| + |y_i|`.
    """
    w, b = np.abs(V[:, :1]), np.abs(V[:, 1:])
    mean = float(off.mean())
    of_w = 2 * float((off * np.abs(z)).mean()) * w + mean * b + float((off * np.abs(run.y)).mean())
    return gradient.widened(2 * run.scale * UPWARD * np.concatenate([of_w, mean * w], axis=1))


def _scaled_back(
    run: Evidence, name: str, z: FloatArray, off: FloatArray, constants: dict[str, float]
) -> Iterator[Prediction]:
    """The same descent, its parameters converted for every record."""
    mu, s, lr = constants["mu"], constants["s"], run.lr
    steps = len(run.after)
    w, b = run.before[:, :1], run.before[:, 1:]
    inner = np.concatenate([w * s, b + w * mu], axis=1)
    gradient = _perturbed(run, run.gradient_on(z, run.y, inner), z, off, inner)
    moved = descended_floats(inner, gradient.center, lr)
    back = np.concatenate([moved[:, :1] / s, moved[:, 1:] - moved[:, :1] * mu / s], axis=1)
    # Converting there and back rounds each term a few times, and so do the update and the scale's own sums.
    sizes = np.concatenate([np.abs(inner[:, :1]), np.abs(b) + np.abs(w * mu)], axis=1)
    step = lr * np.abs(gradient.center)
    unit = (run.N + 24) * (run.u + OWN)
    curvature = 2 * np.array([[(z * z).mean(), np.abs(z).mean()], [np.abs(z).mean(), 1.0]]) * run.scale
    error = unit * (sizes + step) + lr * (gradient.bound + curvature @ (unit * sizes))
    bound = np.concatenate(
        [error[:, :1] / s, error[:, 1:] + error[:, :1] * abs(mu) / s + unit * np.abs(moved[:, :1] * mu / s)], axis=1
    )
    yield Prediction(
        f"descent for x {name}, with w and b scaled back",
        gradient,
        Enclosure(back[:steps], bound[:steps] * UPWARD),
        constants=constants,
        unpredicted=("start",),
        quantity="data",
    )
