"""Gradients that are cut to a length, or to a size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import OWN, Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from gradagree.diagnosis.mistakes.solve import simplest


@predicts("GD213")
def clipped(run: Evidence) -> Iterator[Prediction]:
    """`lr G min(1, c/‖G‖)`, one c for all steps; in the reported gradient, or in the update alone."""
    sources = [(run.true, run.history, "gradient")] if run.reported else []
    for source, result, quantity in [*sources, (run.slope, run.taken, "update")]:
        # torch divides by the norm plus 1e-6; others by the norm.
        for eps in (0.0, 1e-6):
            c = _length(source, result, eps)
            if c is not None and c > 0:
                band = _by_norm(source, c, eps, run.u)
                yield _clipping(run, f"clipped to length {c:.6g}", band, c, quantity, source)
        steps = min(len(source), len(result))
        short = (
            np.abs(result.center[:steps]) + result.bound[:steps] < np.abs(source.center[:steps]) - source.bound[:steps]
        )
        if short.any():
            sizes, slack = np.abs(result.center[:steps])[short], result.bound[:steps][short] + OWN
            low, high = float((sizes - slack).max()), float((sizes + slack).min())
            if low <= 0:
                continue  # a length that may be zero is no clipping
            c = simplest(low, high) if low <= high else float(sizes.max())
            band = Enclosure(np.clip(source.center, -c, c), source.bound).rounded(run.u)
            yield _clipping(run, f"clipped to {c:.6g} component by component", band, c, quantity, source)


def _clipping(run: Evidence, label: str, band: Enclosure, c: float, quantity: str, source: Enclosure) -> Prediction:
    gradient, after = (band, None) if quantity == "gradient" else (None, run.update(band))
    # Where nothing was left unclipped, the gradient's size never counted.
    untouched = (np.abs(band.center) >= np.abs(source.center) * (1 - OWN)).any()
    always = "every step is clipped: a step of fixed length, or the gradient's sign, records the same"
    notes = () if untouched else (always,)
    return Prediction(
        f"gradients {label}", gradient, after, constants={"c": c}, fitted_constants=1, quantity=quantity, notes=notes
    )


def _length(source: Enclosure, result: Enclosure, eps: float) -> float | None:
    """The c that all shortened steps agree on; the longest step's if they do not."""
    steps = min(len(source), len(result))
    full, slack = _norms(source.first(steps))
    got, read = _norms(result.first(steps))
    shortened = got + read < full - slack
    if not shortened.any():
        return None
    back = 1 + eps / full[shortened]
    got, read = got[shortened] * back, (read[shortened] + got[shortened] * slack[shortened] / full[shortened]) * back
    read = read + got * source.bound.shape[1] * OWN
    low, high = float((got - read).max()), float((got + read).min())
    if low <= 0:
        return None  # a length that may be zero is no clipping
    return simplest(low, high) if low <= high else float(np.median(got))


def _norms(band: Enclosure) -> tuple[np.ndarray, np.ndarray]:
    return np.sqrt((band.center**2).sum(axis=(1, 2))), np.sqrt((band.bound**2).sum(axis=(1, 2)))


def _by_norm(source: Enclosure, c: float, eps: float, u: float) -> Enclosure:
    """`g min(1, c / (‖g‖ + eps))`, the norm's own rounding and the gradient's error in it included."""
    norm, slack = _norms(source)
    entries = source.center[0].size
    factor = np.minimum(1, c / (norm + eps))[:, None, None]
    relative = (slack / np.maximum(norm - slack, 0) + (entries + 8) * u)[:, None, None]
    shrunk = source.times(factor)
    return shrunk.widened(np.where(relative >= 0, relative, np.inf) * (np.abs(shrunk.center) + shrunk.bound)).rounded(
        u, 2
    )
