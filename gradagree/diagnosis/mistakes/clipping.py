"""Gradients that are cut to a length, or to a size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import OWN, Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from gradagree.diagnosis.mistakes.solve import simplest
from reference.dyadic import FloatArray


@predicts("GD213")
def clipped(run: Evidence) -> Iterator[Prediction]:
    """`lr G min(1, c/‖G‖)`, one c for all steps; in the reported gradient, or in the update alone."""
    if run.reported:
        for label, gradient, c, notes in _clippings(run.true, run.history, run.u):
            yield Prediction(label, gradient, constants={"c": c}, fitted_constants=1, notes=notes)
    for label, slope, c, notes in _clippings(run.slope, run.taken, run.u):
        yield Prediction(label, after=run.update(slope), constants={"c": c}, fitted_constants=1, notes=notes)


def _clippings(
    source: Enclosure, result: Enclosure, u: float
) -> Iterator[tuple[str, Enclosure, float, tuple[str, ...]]]:
    """In words, the clipped gradients, the constant that fits, and what speaks against it."""
    found = []
    for eps in (0.0, 1e-6):  # torch divides by the norm plus 1e-6; others by the norm
        c = _length(source, result, eps)
        if c:
            found.append((f"gradients clipped to length {c:.6g}", _by_norm(source, c, eps, u), c))
    c = _size(source, result)
    if c is not None:
        each = Enclosure(np.clip(source.center, -c, c), source.bound).rounded(u)
        found.append((f"gradients clipped to {c:.6g} component by component", each, c))
    for label, clipped, c in found:
        # Where nothing was left unclipped, the gradient's size never counted.
        untouched = (np.abs(clipped.center) >= np.abs(source.center) * (1 - OWN)).any()
        always = "every step is clipped: a step of fixed length, or the gradient's sign, records the same"
        yield label, clipped, c, () if untouched else (always,)


def _size(source: Enclosure, result: Enclosure) -> float | None:
    """The c that all shortened components agree on; the largest if they do not."""
    steps = min(len(source), len(result))
    full, got = source[:steps], result[:steps]
    short = np.abs(got.center) + got.bound < np.abs(full.center) - full.bound
    if not short.any():
        return None
    sizes, slack = np.abs(got.center)[short], got.bound[short] + OWN
    return _agreed(sizes - slack, sizes + slack, float(sizes.max()))


def _agreed(low: FloatArray, high: FloatArray, otherwise: float) -> float | None:
    """The simplest number in all intervals, else the other one; a length that may be zero is no clipping."""
    above, below = float(low.max()), float(high.min())
    if above <= 0:
        return None
    return simplest(above, below) if above <= below else otherwise


def _length(source: Enclosure, result: Enclosure, eps: float) -> float | None:
    """The c that all shortened steps agree on; their median if they do not."""
    steps = min(len(source), len(result))
    full, slack = _norms(source[:steps])
    got, read = _norms(result[:steps])
    shortened = got + read < full - slack
    if not shortened.any():
        return None
    back = 1 + eps / full[shortened]
    got, read = got[shortened] * back, (read[shortened] + got[shortened] * slack[shortened] / full[shortened]) * back
    read = read + got * source.bound.shape[1] * OWN
    return _agreed(got - read, got + read, float(np.median(got)))


def _norms(band: Enclosure) -> tuple[FloatArray, FloatArray]:
    return np.sqrt((band.center**2).sum(axis=(1, 2))), np.sqrt((band.bound**2).sum(axis=(1, 2)))


def _by_norm(source: Enclosure, c: float, eps: float, u: float) -> Enclosure:
    """`g min(1, c / (‖g‖ + eps))`, the norm's own rounding and the gradient's error in it included."""
    norm, slack = _norms(source)
    entries = source.center[0].size
    factor: FloatArray = np.minimum(1, c / (norm + eps))[:, None, None]
    relative = (slack / np.maximum(norm - slack, 0) + (entries + 8) * u)[:, None, None]
    shrunk = factor * source
    wide = np.where(relative >= 0, relative, np.inf) * (np.abs(shrunk.center) + shrunk.bound)
    return shrunk.widened(wide).rounded(u, 2)
