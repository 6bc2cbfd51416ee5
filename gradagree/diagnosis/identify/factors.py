"""The trace of rounded factors: the gradients that they have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from gradagree.checking.low_precision import rounded_to, truncated_to
from gradagree.checking.run import Run
from gradagree.diagnosis.identify.emulation import Attempt, Emulation, Steps, best
from reference.dyadic import FloatArray
from reference.formats import Format

Narrowed = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Way:
    """Which factors are rounded.

    Parameters
    ----------
    products
        in words.
    forward, data, residual
        whether x and w are in `x @ w`; and whether x, and the residual, are in the product that makes w's gradient.
    scaled
        whether the residual holds the mean's scale already when it is rounded.
    """

    products: str
    forward: bool = True
    data: bool = True
    residual: bool = True
    scaled: bool = True


WAYS = (
    Way("of both products"),
    Way("of both products", scaled=False),
    Way("of both products, but for the residual,", residual=False),
    Way("of x @ w", data=False, residual=False),
    Way("of the gradient's product", forward=False),
    Way("of the gradient's product", forward=False, scaled=False),
)


def rounded_factors(run: Run, steps: Steps, narrow: Format) -> str:
    """How most of the wrong gradients come right, if rounding factors to a format makes them right."""
    return best(run, steps, partial(_attempts, narrow=narrow))


def _attempts(emulation: Emulation, narrow: Format) -> Iterator[Attempt]:
    for verb, narrowed in (("rounding", rounded_to), ("cutting", truncated_to)):
        for way in WAYS:
            words = f"{verb} the factors {way.products} to {narrow.precision} bits"
            yield words, *_gradient(emulation, way, partial(narrowed, narrow=narrow))


def _gradient(emulation: Emulation, way: Way, narrowed: Narrowed) -> tuple[FloatArray, FloatArray]:
    """The gradients that rounded factors have, `(K, p, m)`, and how far the residuals' own errors may move these.

    A residual near the middle of two narrow numbers is rounded to the one or to the other.
    """
    x, y, mean, claim = emulation.x, emulation.y, emulation.mean, emulation.run.arithmetic
    d = x.shape[1]
    w, b = emulation.V[:, :d], emulation.V[:, d:]
    before, after = (mean, 1.0) if way.scaled else (1.0, mean)
    residual = (narrowed(x) @ narrowed(w) if way.forward else x @ w) + b - y
    left, right = narrowed(x) if way.data else x, before * residual
    spread = np.zeros_like(right)
    if way.residual:
        size = np.abs(x) @ np.abs(w) + np.abs(b) + np.abs(y)
        error = before * claim.rho(d) * size + 2 * claim.storage.unit_roundoff * np.abs(right)
        low, middle, high = narrowed(right - error), narrowed(right), narrowed(right + error)
        spread, right = np.maximum(np.abs(low - middle), np.abs(high - middle)), middle
    of_b = mean * residual.sum(axis=1, keepdims=True)
    gradient = np.concatenate([after * (left.T @ right), of_b], axis=1)
    return gradient, np.concatenate([after * (np.abs(left).T @ spread), np.zeros_like(of_b)], axis=1)
