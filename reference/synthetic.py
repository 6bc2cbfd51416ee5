"""Problems made to expose what really breaks: odd lengths, wide scales, products of matrices, no roundings at all.

Their data are hashes of the row and the column, in integer arithmetic: the same bits on every machine, with no
generator of random numbers and nothing to store. All are positive unless said otherwise: gradients do not cancel then,
and even bfloat16's bounds stay narrower than what they bound.
"""

from __future__ import annotations

import numpy as np

from reference.numbers import hashed
from reference.problem import Problem, regression


def lattice(rows: int, d: int = 1, m: int = 1, bits: int = 2) -> Problem:
    """Small integers, N and lr powers of two: the first gradient must come out bit for bit, in every implementation.

    Residuals are zero but in 32 rows, so that sums of many rows stay within bfloat16's 8 bits; `bits` is how wide the
    entries of x are.
    """
    x = np.floor(hashed(rows, d, seed=1, bits=max(bits, 8)) * 2**bits)
    # A residual is not zero in 32 rows alone, in each of which it is 1 or 2.
    chosen = (np.arange(rows) % (rows // 32) == 0)[:, None]
    w0 = np.ones((d, m))
    off = chosen * (1 + np.floor(2 * hashed(rows, m, seed=2)))
    # A power of two of such a size that the update shows beside w = 1 in eight bits.
    lr = rows * m * 2.0 ** -(8 + bits)
    return regression("lattice", x, x @ w0 - off, w0=w0, b0=np.zeros(m), lr=lr, steps=2)


def dense_lattice(rows: int, d: int = 1, m: int = 1) -> Problem:
    """Small integers, a residual in every row, and gradients of a few units: one row that is dropped shows at any N.

    x is in {1, 2, 3}, a residual in {±1, ±2}. At the start `Σ x r = 5` and `Σ r = 3`, or as small where there are
    several columns, while `Σ |x r|` is less than 2²⁴ for N up to 2²⁰: what sums in float32 and stores no partial sums
    has every bit of the gradient right, in any order, where N m is a power of two.

    Rows are even in number. What it cannot show is x or residuals narrowed to fewer bits: theirs are two.
    """
    # Rows are paired at random places, the two of a pair with one x and opposite residuals, the earlier one's positive.
    # So no shard, tile or lane, which code may drop or double, cancels in itself; and sums of the first half of the
    # rows are so large that one who stores them in 16 bits loses some.
    pairs = np.argsort(hashed(rows, 1, seed=3, bits=53)[:, 0], kind="stable").reshape(rows // 2, 2)
    pairs.sort(axis=1)
    x, residual = np.empty((rows, d)), np.empty((rows, m))
    x[pairs] = 1 + np.floor(3 * hashed(rows // 2, d, seed=4))[:, None, :]
    size = 1 + np.floor(2 * hashed(rows // 2, m, seed=5))
    residual[pairs] = np.stack([size, -size], axis=1)
    # One pair does not cancel, and is what the sums come to: x = (1, 2) and r = (1, 2) in the first columns.
    x[pairs[0]] = 1 + np.stack([np.arange(d), 1 + np.arange(d)]) % 3
    residual[pairs[0]] = np.array([[1, 2, -1, -2], [2, 1, -2, -1]])[:, np.arange(m) % 4]
    w0, b0 = 1 - np.floor(2 * hashed(d, m, seed=6)), np.ones(m)
    # An update of a few 32nds, which eight bits hold beside w. The next gradient would not cancel any more.
    return regression("dense_lattice", x, x @ w0 + b0 - residual, w0=w0, b0=b0, lr=rows * m / 64, steps=1)


def dense(rows: int, d: int, m: int, steps: int, lr: float, seed: int) -> Problem:
    """Positive data of 8 bits, which every dtype holds, and a start that is off in every parameter alike."""
    x = 0.5 + 0.5 * hashed(rows, d, seed, bits=7)
    y = 0.25 * hashed(rows, m, seed + 1, bits=7)
    start = (0.5 + 0.5 * hashed(d + 1, m, seed + 2, bits=7)) / 2.0 ** np.ceil(np.log2(d))
    w0, b0 = start[:d], start[d]
    return regression("dense", x, y, w0=w0, b0=b0, lr=lr, steps=steps)


def scales() -> Problem:
    """Columns from 2⁻²⁰ to 2²⁰: the gradient of one is 2⁴⁰ times that of another."""
    powers = 2.0 ** np.array([-20, -10, 0, 10, 20])
    x = (0.5 + 0.5 * hashed(48, 5, seed=30, bits=7)) * powers
    y = 1 + hashed(48, 1, seed=31, bits=7)
    return regression("scales", x, y, w0=np.zeros((5, 1)), b0=np.zeros(1), lr=2.0**-42, steps=5)


def tiny(unit: float) -> Problem:
    """Targets of about `unit`, which puts every gradient in the subnormal range of the dtype it is meant for."""
    x = 1 + hashed(8, 1, seed=40, bits=2)
    y = unit * (1 + hashed(8, 1, seed=41, bits=3))
    return regression("tiny", x, y, w0=np.zeros((1, 1)), b0=np.zeros(1), lr=0.25, steps=4)


def million() -> Problem:
    """2²⁰ rows: sums long enough for naive accumulation to show."""
    x = hashed(2**20, 1, seed=50, bits=12)
    return regression(
        "million", x, 1 + 2 * x - hashed(2**20, 1, seed=51, bits=8), np.zeros((1, 1)), np.zeros(1), 0.25, 4
    )
