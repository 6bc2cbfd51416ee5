"""Ways to `x w + b - y`, `(N, B, K, m)`.

Each term is rounded d times in the accumulator, and 3 times to storage; 4 times where its product is stored and summed.
"""

from __future__ import annotations

import numpy as np

from tools.attack.data import Array, Data
from tools.attack.machine import Machine, fma


def flat(r: Array) -> Array:
    """Rows and targets on the first axis."""
    return np.moveaxis(r, -1, 1).reshape(-1, *r.shape[1:-1])


def plain(u: Machine, a: Data) -> Array:
    return (u.matmul(a.x, a.w).astype(u.stored) + a.b) - a.y


def negated(u: Machine, a: Data) -> Array:
    """The negative of `y - ŷ`."""
    return np.asarray(-(a.y - (u.matmul(a.x, a.w).astype(u.stored) + a.b)))


def target_first(u: Machine, a: Data) -> Array:
    return np.asarray(u.matmul(a.x, a.w).astype(u.stored) - (a.y - a.b))


def bias_first(u: Machine, a: Data) -> Array:
    return np.asarray((a.b - a.y) + u.matmul(a.x, a.w).astype(u.stored))


def target_before_bias(u: Machine, a: Data) -> Array:
    return (u.matmul(a.x, a.w).astype(u.stored) - a.y) + a.b


def in_one_product(u: Machine, a: Data) -> Array:
    """`[x, 1] @ [w; b] - y`, the bias a term of the dot product."""
    return u.matmul(a.X, a.V).astype(u.stored) - a.y


def from_the_bias(u: Machine, a: Data) -> Array:
    """The accumulator begins at b, as in a fused linear layer."""
    total = np.broadcast_to(a.b.astype(u.added), (a.rows, *a.b.shape))
    for k in range(a.x.shape[-1]):
        total = total + a.x[..., k, None].astype(u.added) * a.w[..., k, :].astype(u.added)
    return total.astype(u.stored) - a.y


def fused(u: Machine, a: Data) -> Array:
    """The same with products fused into the sums."""
    total = np.broadcast_to(a.b.astype(u.added), (a.rows, *a.b.shape))
    for k in range(a.x.shape[-1]):
        total = fma(a.x[..., k, None].astype(u.added), a.w[..., k, :].astype(u.added), total, u.added)
    return total.astype(u.stored) - a.y


def one_feature_at_a_time(u: Machine, a: Data) -> Array:
    """`(x * w).sum(1)`: the products are stored before they are summed."""
    products = [(a.x[..., k, None] * a.w[..., k, :]).astype(u.added) for k in range(a.x.shape[-1])]
    total = products[0]
    for product in products[1:]:
        total = total + product
    return (total.astype(u.stored) + a.b) - a.y
