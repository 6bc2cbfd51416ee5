"""Errors of gradient, loss and update, without rounding.

Every float is an integer times a power of two, so gradient and loss are integers at one exponent: Python's own, in
arrays of objects, row by row from the residuals. The reference goes through XᵀX, and this does not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tools.attack.data import Array, Data

Integers = npt.NDArray[np.object_]


def exponent(*arrays: Array) -> int:
    """The exponent, 0 at most, that every number of the arrays is an integer at."""
    lowest = 0
    for array in arrays:
        _, exponents = np.frexp(array.astype(np.float64)[array != 0])
        lowest = min(lowest, int(exponents.min(initial=53)) - 53)
    return lowest


def integers(array: Array, at: int) -> Integers:
    """The numbers over `2**at`."""
    digits, exponents = np.frexp(np.asarray(array, dtype=np.float64))
    whole = np.ldexp(digits, 53).astype(np.int64).astype(object)
    shifts = np.where(whole == 0, 0, exponents.astype(np.int64) - 53 - at).astype(object)
    return np.asarray(whole << shifts)


class Exact:
    """Gradient and loss of some data, times N m, as integers times `2**(3 e)` and `2**(4 e)`."""

    def __init__(self, a: Data) -> None:
        self.data, self.e = a, exponent(a.x, a.y, a.V)
        one = 1 << -self.e
        x, V = integers(a.x, self.e), integers(a.V, self.e)
        r = V[..., -1, :] * one - integers(a.y, self.e) * one
        for k in range(x.shape[-1]):
            r = r + x[..., k, None] * V[..., k, :]
        ones = np.full((*x.shape[:-1], 1), one, dtype=object)
        X = np.concatenate([x, ones], axis=-1)
        self._gradient = np.stack([2 * (X[..., j, None] * r).sum(axis=0) for j in range(X.shape[-1])], axis=-2)
        self._loss = (r * r).sum(axis=(0, -1))

    def gradient_ratio(self, reported: Array, bound: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """error/bound of each component, `(B, K, p, m)`."""
        return self._ratio(reported, self._gradient, 3 * self.e, bound)

    def loss_ratio(self, reported: Array, bound: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """error/bound of each loss, `(B, K)`."""
        return self._ratio(reported, self._loss, 4 * self.e, bound)

    def update_ratio(self, gradient: Array, after: Array, bound: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """error/bound of each parameter after an update by the gradient that was reported."""
        finite = np.isfinite(gradient.astype(np.float64))
        lr = self.data.lr.reshape(-1, 1, 1, 1)
        g = np.where(finite, gradient, np.zeros_like(gradient))
        at = exponent(g, lr, self.data.V)
        step = integers(g, at) * integers(lr, at)
        target = (integers(self.data.V, at) << -at) - step
        return np.where(finite, ratio(after, target, 2 * at, 1, bound), np.inf)

    def _ratio(self, reported: Array, exact: Integers, at: int, bound: Any) -> npt.NDArray[np.float64]:
        return ratio(reported, exact, at, self.data.count, bound)


def ratio(
    reported: Array, exact: Integers, at: int, count: int, bound: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """`|reported - exact 2**at / count| / bound`, rounded once; infinite for what is not finite, 0 without a bound."""
    finite = np.isfinite(reported.astype(np.float64))
    known = np.isfinite(bound)
    got, allowed = np.where(finite, reported, np.zeros_like(reported)), np.where(known, bound, 1.0)
    low = min(at, exponent(got))
    error = np.abs(integers(got, low) * count - (exact << (at - low)))
    unit = exponent(allowed)
    below = max(unit - low, 0)  # error 2**low / (count · allowed 2**unit)
    over = (integers(allowed, unit) << below) * count
    return np.where(known, np.where(finite, ((error << max(low - unit, 0)) / over).astype(np.float64), np.inf), 0.0)
