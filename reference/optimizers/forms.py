"""What the recurrences have in common, in the forms that implementations evaluate it in.

Each function takes one form and widens its bound until the others lie inside; where that would not do, all forms are
evaluated. Which they are is said at each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from reference.domains import Algebraic, Value


def filled(d: Algebraic, theta: Value, value: float = 0.0) -> Value:
    """One value, as it is stored, in the shape of a parameter."""
    empty = d.lift(np.zeros(theta.shape))
    return d.store(d.add(empty, d.constant(value))) if value else empty


def gradient(d: Algebraic, g: Value, theta: Value, maximize: bool, weight_decay: float) -> Value:
    """`g + λ θ`, of `-g` where g is to be climbed."""
    g = d.negate(g) if maximize else g
    return d.add(g, d.scale(theta, weight_decay)) if weight_decay else g


def decayed(d: Algebraic, theta: Value, lr: Value, rate: float, weight_decay: float) -> Value:
    """`(1 - lr λ) θ`, also as `θ - lr λ θ`, and with λ θ added to what lr then multiplies."""
    if not weight_decay:
        return theta
    s = d.scalars
    kept = d.constant(s.subtract(s.constant(1.0), s.multiply(lr, s.constant(weight_decay))))
    # Of λ θ, the other forms round a part `lr λ` of θ six times: both constants, products with each, and two sums.
    return d.loosened(d.product([kept, theta]), math.ceil(6 * abs(rate * weight_decay)))


def complement(d: Algebraic, beta: float) -> Value:
    """`1 - β`, among the scalars."""
    s = d.scalars
    return s.subtract(s.constant(1.0), s.constant(beta))


def correction(d: Algebraic, beta: float, t: int) -> Value:
    """`1 - βᵗ`, among the scalars."""
    s = d.scalars
    return s.subtract(s.constant(1.0), s.power(s.constant(beta), t))


def moving_average(d: Algebraic, old: Value, factors: Sequence[Value], beta: float, squares: bool = False) -> Value:
    """`β m + (1 - β) x`, x a product of factors; also as `m + (1 - β) (x - m)`, and `x - β (x - m)` where `β ≤ 1/2`.

    The second form rounds `(1 - β) x` once more than the first, and `(1 - β) m` three times where the first rounds
    `β m` twice; the third is the second with the parts exchanged. An average of squares is never negative.
    """
    keep, take = d.constant(beta), d.constant(complement(d, beta))
    sign = d.nonnegative if squares else _itself
    old = sign(old)
    first, second = sign(d.product([keep, old])), sign(d.product([take, *factors]))
    if beta >= 0.3:
        more = max(0, math.ceil(3 * (1 - beta) / beta - 2))
        return d.store(sign(d.add(d.loosened(first, more), d.loosened(second, 1))))
    new = d.product(factors) if len(factors) > 1 else factors[0]
    change = d.subtract(new, old)
    forms = d.add(first, second), d.add(old, d.multiply(take, change)), d.subtract(new, d.multiply(keep, change))
    return d.store(sign(d.either(*forms)))


def _itself(a: Value) -> Value:
    return a
