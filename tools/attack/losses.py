"""Algebraic forms of the loss `mean((x w + b - y)²)`, `(B, K)`."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import numpy as np

from tools.attack import residuals
from tools.attack.data import Array, Data
from tools.attack.gradients import MICROBATCH, sums
from tools.attack.machine import Machine, fma
from tools.attack.residuals import flat


def squares(u: Machine, a: Data) -> Array:
    """`r r` as a dot product."""
    r = flat(residuals.plain(u, a))
    return u.dot(r, r)


def mean_of_squares(u: Machine, a: Data) -> Array:
    """Each square stored, the sum divided."""
    r = flat(residuals.plain(u, a))
    return u.sum(r * r) / u.constant(a.count)


def reciprocal(u: Machine, a: Data) -> Array:
    return u.constant(Fraction(1, a.count)) * squares(u, a)


def divided(u: Machine, a: Data) -> Array:
    return squares(u, a) / u.constant(a.count)


def half_doubled(u: Machine, a: Data) -> Array:
    return np.asarray(u.constant(2) * (u.constant(Fraction(1, 2 * a.count)) * squares(u, a)))


def rows_divided(u: Machine, a: Data) -> Array:
    r = flat(residuals.plain(u, a))
    return u.sum((r * r) / u.constant(a.count))


def norm_squared(u: Machine, a: Data) -> Array:
    """`‖r‖²/N`."""
    r = flat(residuals.plain(u, a)).astype(u.added)
    norm = np.sqrt(u.order(r * r)).astype(u.stored)
    return np.asarray((norm * norm) / u.constant(a.count))


def scaled(scale: int) -> Callable[[Machine, Data], Array]:
    def loss(u: Machine, a: Data) -> Array:
        return u.constant(scale) * divided(u, a) / u.constant(scale)

    return loss


def rows_weighted(u: Machine, a: Data) -> Array:
    r = u.constant(math.sqrt(1 / a.count)) * flat(residuals.plain(u, a))
    return u.dot(r, r)


def targets_after_rows(u: Machine, a: Data) -> Array:
    r = residuals.plain(u, a)
    return u.sum(np.moveaxis(u.dot(r, r) / u.constant(a.rows), -1, 0)) / u.constant(a.m)


def fused_sums(u: Machine, a: Data) -> Array:
    r = flat(residuals.fused(u, a)).astype(u.added)
    total = np.zeros(r.shape[1:], u.added)
    for row in r:
        total = fma(row, row, total, u.added)
    return total.astype(u.stored) / u.constant(a.count)


def excess_precision(u: Machine, a: Data) -> Array:
    wide = Machine(u.wide.name, u.wide.name, u.order)
    wider = Data(a.x.astype(u.wide), a.y.astype(u.wide), a.V.astype(u.wide), a.lr)
    return divided(wide, wider).astype(u.stored)


def in_parts(parts: int) -> Callable[[Machine, Data], Array]:
    """Each part's sum of squares stored, and these added in storage."""

    def loss(u: Machine, a: Data) -> Array:
        r = flat(residuals.plain(u, a))
        ends = np.linspace(0, len(r), min(parts, len(r)) + 1).astype(int)
        shares = np.stack([u.dot(r[i:j], r[i:j]) for i, j in pairwise(ends)])
        return np.asarray(np.add.accumulate(shares, axis=0)[-1] / u.constant(a.count))

    return loss


def in_microbatches(u: Machine, a: Data) -> Array:
    """The mean of each micro-batch of `MICROBATCH` rows, times its share, added up in storage."""
    ends = np.linspace(0, a.rows, -(-a.rows // MICROBATCH) + 1).astype(int).tolist()
    shares = [u.constant(Fraction(j - i, a.rows)) * divided(u, a.slice(i, j)) for i, j in pairwise(ends)]
    return np.asarray(np.add.accumulate(np.stack(shares), axis=0)[-1])


def row_by_row(u: Machine, a: Data) -> Array:
    r = flat(residuals.plain(u, a))
    return np.asarray(np.add.accumulate(r * r, axis=0)[-1] / u.constant(a.count))


def running_mean(u: Machine, a: Data) -> Array:
    r = flat(residuals.plain(u, a))
    terms = r * r
    mean = terms[0]
    for k, term in enumerate(terms[1:], start=2):
        mean = mean + (term - mean) / u.constant(k)
    return np.asarray(mean)


def through_gram(u: Machine, a: Data) -> Array:
    """`(1/(N m)) Σ_t (vᵀGv - 2cᵀv + s)`."""
    gram, cross = sums(u, a.X, a.X), sums(u, a.X, a.y)
    descent = u.dot(np.moveaxis(gram, -1, 0)[..., None], np.moveaxis(a.V, -2, 0)[..., None, :]) - u.constant(2) * cross
    quadratic = u.dot(np.moveaxis(a.V, -2, 0), np.moveaxis(descent, -2, 0))
    return u.sum(np.moveaxis(quadratic + u.dot(a.y, a.y), -1, 0)) / u.constant(a.count)


def expanded(u: Machine, a: Data) -> Array:
    """`mean(ŷ² - 2 ŷ y + y²)`, entry by entry."""
    prediction = u.matmul(a.x, a.w).astype(u.stored) + a.b
    entries = (prediction * prediction - u.constant(2) * prediction * a.y) + a.y * a.y
    return u.sum(flat(entries)) / u.constant(a.count)
