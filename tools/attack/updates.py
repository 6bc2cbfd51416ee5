"""Algebraic forms of the update `V - lr ∇L`: the gradient that is reported and the new parameters, `(B, K, p, m)`."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from tools.attack import gradients, residuals
from tools.attack.data import Array, Data
from tools.attack.machine import Machine, fma, once

Updated = tuple[Array, Array]


def rate(u: Machine, a: Data, over: Fraction = Fraction(1)) -> Array:
    """`lr / over` rounded once to storage, `(B, 1, 1, 1)`."""
    return u.constants([Fraction(float(lr)) / over for lr in a.lr]).reshape(-1, 1, 1, 1)


def by_gradient(step: Callable[[Machine, Data, Array], Array]) -> Callable[[Machine, Data], Updated]:
    """An update by the gradient that is reported."""

    def update(u: Machine, a: Data) -> Updated:
        g = gradients.scale_first(u, a)
        return g, step(u, a, g)

    return update


def subtracted(u: Machine, a: Data, g: Array) -> Array:
    return np.asarray(a.V - rate(u, a) * g)


def added(u: Machine, a: Data, g: Array) -> Array:
    return np.asarray(a.V + (-rate(u, a)) * g)


def decayed_by_nothing(u: Machine, a: Data, g: Array) -> Array:
    return np.asarray(u.constant(1) * a.V - rate(u, a) * (g + u.constant(0) * a.V))


def fused(u: Machine, a: Data, g: Array) -> Array:
    return fma(-rate(u, a), g, a.V, u.stored)


def rounded_once(u: Machine, a: Data, g: Array) -> Array:
    """In the wider format, with lr as it is there."""
    lr = a.lr.reshape(-1, 1, 1, 1).astype(u.wide)
    wide = a.V.astype(u.wide) - lr * g.astype(u.wide)
    return once(wide.astype(np.float64), np.zeros(wide.shape), u.stored)


# From here on, the step is made of more than the reported gradient.


def _sums(u: Machine, a: Data) -> tuple[Array, Array]:
    S = gradients.sums(u, a.X, residuals.plain(u, a))
    return S, gradients.mean_scale(u, a) * S


def folded(u: Machine, a: Data) -> Updated:
    """`w -= (2 lr/N) S`, the constant rounded once."""
    S, g = _sums(u, a)
    return g, a.V - rate(u, a, Fraction(a.count, 2)) * S


def folded_stored(u: Machine, a: Data) -> Updated:
    """`w -= lr / N * 2 * S` from left to right, every result stored."""
    S, g = _sums(u, a)
    return g, a.V - rate(u, a) / u.constant(a.count) * u.constant(2) * S


def divided_last(u: Machine, a: Data) -> Updated:
    """`w -= lr * 2 * S / N` from left to right."""
    S, g = _sums(u, a)
    return g, a.V - rate(u, a) * u.constant(2) * S / u.constant(a.count)


def excess_precision(u: Machine, a: Data) -> Updated:
    """The gradient is rounded to be reported, and goes on unrounded."""
    g = gradients.excess(u, a)
    wide = a.V.astype(u.wide) - a.lr.reshape(-1, 1, 1, 1).astype(u.wide) * g
    return g.astype(u.stored), once(wide.astype(np.float64), np.zeros(wide.shape), u.stored)
