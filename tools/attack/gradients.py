"""Algebraic forms of the gradient of `mean((x w + b - y)²)`, `(B, K, p, m)`: c is `2/(N m)` throughout."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import numpy as np

from tools.attack import residuals
from tools.attack.data import Array, Data
from tools.attack.machine import Machine, fma

Residual = Callable[[Machine, Data], Array]
MICROBATCH = 8  # rows


def sums(u: Machine, X: Array, r: Array) -> Array:
    """`Xᵀ r`, products in the accumulator."""
    return u.dot(X[..., :, None], r[..., None, :])


def products(X: Array, r: Array) -> Array:
    """`X_ij r_i` as stored, `(N, B, K, p, m)`."""
    return np.asarray(X[..., :, None] * r[..., None, :])


def mean_scale(u: Machine, a: Data) -> Array:
    return u.constant(Fraction(2, a.count))


def scale_first(u: Machine, a: Data, residual: Residual = residuals.plain) -> Array:
    return sums(u, a.X, mean_scale(u, a) * residual(u, a))


def scale_last(u: Machine, a: Data) -> Array:
    return mean_scale(u, a) * sums(u, a.X, residuals.plain(u, a))


def divided_last(u: Machine, a: Data) -> Array:
    return (u.constant(2) * sums(u, a.X, residuals.plain(u, a))) / u.constant(a.count)


def reciprocal(u: Machine, a: Data) -> Array:
    return np.asarray(u.constant(Fraction(1, a.count)) * (u.constant(2) * sums(u, a.X, residuals.plain(u, a))))


def doubled_mean(u: Machine, a: Data) -> Array:
    """`2 (Σ / N)`."""
    return u.constant(2) * (sums(u, a.X, residuals.plain(u, a)) / u.constant(a.count))


def half_doubled(u: Machine, a: Data) -> Array:
    """Twice the gradient of half the mean squared error."""
    return u.constant(2) * sums(u, a.X, u.constant(Fraction(1, a.count)) * residuals.plain(u, a))


def rows_divided(u: Machine, a: Data) -> Array:
    return u.constant(2) * sums(u, a.X, residuals.plain(u, a) / u.constant(a.count))


def elementwise(u: Machine, a: Data) -> Array:
    """`(2/N * (r * x)).sum(0)`, each product stored."""
    return u.sum(mean_scale(u, a) * products(a.X, residuals.plain(u, a)))


def autograd(u: Machine, a: Data) -> Array:
    """`((w * x + b - y) ** 2).mean()` backwards: the mean's gradient, times 2 r, times x, then summed."""
    return u.sum(products(a.X, u.constant(Fraction(1, a.count)) * (u.constant(2) * residuals.plain(u, a))))


def jacobian_product(u: Machine, a: Data) -> Array:
    """Forward mode: the tangents `2 r x` are stored, and their mean is taken."""
    return u.sum(products(a.X, u.constant(2) * residuals.plain(u, a))) / u.constant(a.count)


def norm_squared(u: Machine, a: Data) -> Array:
    """`‖r‖²/N` backwards: `(2 ‖r‖/N) (r/‖r‖)`."""
    r = residuals.plain(u, a)
    norm = _norm(u, r)
    unit = np.where(norm != 0, r / np.where(norm != 0, norm, u.constant(1)), u.constant(0))
    return sums(u, a.X, (u.constant(2) * norm / u.constant(a.count)) * unit)


def norm_squared_divided(u: Machine, a: Data) -> Array:
    """The same as torch does it: `r ((2 ‖r‖/N) / ‖r‖)`."""
    r = residuals.plain(u, a)
    norm = _norm(u, r)
    slope = u.constant(2) * norm / u.constant(a.count)
    return sums(u, a.X, r * np.where(norm != 0, slope / np.where(norm != 0, norm, u.constant(1)), u.constant(0)))


def _norm(u: Machine, r: Array) -> Array:
    """Scaled by the largest entry, as BLAS' nrm2 is: squares that underflow to 0 would make the gradient 0."""
    entries = residuals.flat(r).astype(u.added)
    largest = np.abs(entries).max(axis=0)
    scaled = np.where(largest != 0, entries / np.where(largest != 0, largest, u.added.type(1)), u.added.type(0))
    return np.asarray((largest * np.sqrt(u.order(scaled * scaled))).astype(u.stored)[..., None])


def loss_scaled(scale: int) -> Callable[[Machine, Data], Array]:
    """A static loss scale, and the gradient divided again."""

    def gradient(u: Machine, a: Data) -> Array:
        slope = u.constant(scale) * u.constant(Fraction(1, a.count))
        return u.sum(products(a.X, slope * (u.constant(2) * residuals.plain(u, a)))) / u.constant(scale)

    return gradient


def rows_weighted(u: Machine, a: Data) -> Array:
    """`Σ (s r)²` with `s = sqrt(1/N)`: residual and x each times s."""
    s = _row_weight(u, a)
    return u.constant(2) * sums(u, s * a.X, s * residuals.plain(u, a))


def data_weighted(u: Machine, a: Data) -> Array:
    """Weighted least squares on `s x`, `s` and `s y`: the residual is made of rounded products."""
    s = _row_weight(u, a)
    X = s * a.X
    return u.constant(2) * sums(u, X, u.matmul(X, a.V).astype(u.stored) - s * a.y)


def _row_weight(u: Machine, a: Data) -> Array:
    return u.constant(math.sqrt(1 / a.count))


def x_scaled(u: Machine, a: Data) -> Array:
    return sums(u, mean_scale(u, a) * a.X, residuals.plain(u, a))


def targets_after_rows(u: Machine, a: Data) -> Array:
    """The mean over rows, then over targets."""
    over_rows = sums(u, a.X, u.constant(2) * residuals.plain(u, a)) / u.constant(a.rows)
    return over_rows / u.constant(a.m)


def fused_sums(u: Machine, a: Data) -> Array:
    """Products fused into the sums over the rows, and into the residual."""
    r = (mean_scale(u, a) * residuals.fused(u, a)).astype(u.added)
    X, total = a.X.astype(u.added), np.zeros(a.V.shape, u.added)
    for x_row, r_row in zip(X, r, strict=True):
        total = fma(x_row[..., :, None], r_row[..., None, :], total, u.added)
    return total.astype(u.stored)


def excess_precision(u: Machine, a: Data) -> Array:
    return excess(u, a).astype(u.stored)


def excess(u: Machine, a: Data) -> Array:
    """Everything in the wider format, not rounded to storage yet."""
    wide = Machine(u.wide.name, u.wide.name, u.order)
    return scale_first(wide, Data(a.x.astype(u.wide), a.y.astype(u.wide), a.V.astype(u.wide), a.lr))


def in_parts(parts: int, combine_wide: bool = False) -> Callable[[Machine, Data], Array]:
    """The rows split among threads or devices: each stores its sum, and these are added in storage, or wide."""

    def gradient(u: Machine, a: Data) -> Array:
        r = mean_scale(u, a) * residuals.plain(u, a)
        X, ends = a.X, np.linspace(0, a.rows, min(parts, a.rows) + 1).astype(int)
        shares = np.stack([sums(u, X[i:j], r[i:j]) for i, j in pairwise(ends)])
        return u.sum(shares) if combine_wide else np.add.accumulate(shares, axis=0)[-1]

    return gradient


def in_microbatches(rows: int | None = None, batches: int = 2) -> Callable[[Machine, Data], Array]:
    """Each micro-batch's own mean, times its share `n_i/N`, added up in storage."""

    def gradient(u: Machine, a: Data) -> Array:
        k = min(batches, a.rows) if rows is None else -(-a.rows // rows)
        ends, total = np.linspace(0, a.rows, k + 1).astype(int).tolist(), None
        for i, j in pairwise(ends):
            share = u.constant(Fraction(j - i, a.rows)) * scale_first(u, a.slice(i, j))
            total = share if total is None else total + share
        assert total is not None
        return total

    return gradient


def row_by_row(u: Machine, a: Data) -> Array:
    """`.grad` accumulated by one backward pass for each row."""
    r = mean_scale(u, a) * residuals.plain(u, a)
    return np.asarray(np.add.accumulate(products(a.X, r), axis=0)[-1])


def running_mean(u: Machine, a: Data) -> Array:
    """`mean += (t - mean) / k` over the rows' own gradients."""
    terms = products(a.X, u.constant(2) * residuals.plain(u, a)) / u.constant(a.m)
    mean = terms[0]
    for k, term in enumerate(terms[1:], start=2):
        mean = mean + (term - mean) / u.constant(k)
    return np.asarray(mean)


def split_difference(u: Machine, a: Data) -> Array:
    """`c (Xᵀŷ - Xᵀy)`."""
    prediction = u.matmul(a.x, a.w).astype(u.stored) + a.b
    return np.asarray(mean_scale(u, a) * (sums(u, a.X, prediction) - sums(u, a.X, a.y)))


def through_gram(u: Machine, a: Data) -> Array:
    """`c (XᵀX v - Xᵀy)`."""
    gram, cross = sums(u, a.X, a.X), sums(u, a.X, a.y)
    sums_of_unknowns = u.dot(np.moveaxis(gram, -1, 0)[..., None], np.moveaxis(a.V, -2, 0)[..., None, :])
    return np.asarray(mean_scale(u, a) * (sums_of_unknowns - cross))
