"""Gradient descent whose products, sums or storage are narrower than its dtype, emulated in NumPy; and some faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np

from gradagree.checking.low_precision import rounded_to, truncated_to
from reference.formats import BFLOAT16, FLOAT32, TF32, Format

Array = Any
Narrowing = Callable[[Array], Array]


def untouched(values: Array) -> Array:
    return values


def factors_in(narrow: Format, rounding: Callable[..., Any] = rounded_to) -> Narrowing:
    """What a multiplier does with its factors."""
    return lambda values: rounding(values.astype(np.float64), narrow).astype(values.dtype)


def at_once(terms: Array) -> Array:
    """A sum over rows in float32 or wider, rounded once."""
    return terms.sum(axis=0, dtype=np.result_type(terms.dtype, np.float32)).astype(terms.dtype)


@dataclass(frozen=True)
class Narrow:
    """A loop, by what is narrow in it or wrong.

    Parameters
    ----------
    forward, backward
        what becomes of the factors of `x @ w`, and of those of the gradient's product.
    results
        what becomes of the gradient, and of every number that is kept.
    total
        how rows are added.
    storage
        the dtype everything is kept in.
    scaled_last
        whether the mean's scale is put into the gradient, not into the residual.
    rows
        how many rows at the end are left out of the gradient.
    factor
        what the loss is multiplied by, and so the gradient.
    stale
        whether each step uses the gradient of the step before.
    """

    forward: Narrowing = untouched
    backward: Narrowing = untouched
    results: Narrowing = untouched
    total: Callable[[Array], Array] = at_once
    storage: Any = None
    scaled_last: bool = False
    rows: int = 0
    factor: float = 1.0
    stale: bool = False

    def __call__(self, x: Array, y: Array, w: Array, b: Array, lr: float, steps: int) -> Any:
        dtype = x.dtype
        x, y, w, b = (values.astype(self.storage or dtype) for values in (x, y, w, b))
        kept = x.dtype.type
        left = x[: len(x) - self.rows]
        before: Any = None
        for _ in range(steps):
            residual = (self.results((self.forward(x) @ self.forward(w)).astype(kept)) + b - y).astype(kept)
            mean = kept(2 / residual.size)
            scaled = (residual if self.scaled_last else mean * residual)[: len(left)]
            grad_w = self.results(self.total(self.backward(left)[:, :, None] * self.backward(scaled)[:, None, :]))
            grad_b = self.results(self.total(scaled))
            after = kept(self.factor) * (mean if self.scaled_last else kept(1))
            grad_w, grad_b = self.results((after * grad_w).astype(kept)), self.results((after * grad_b).astype(kept))
            now = (grad_w, grad_b)
            grad_w, grad_b = before if self.stale and before is not None else now
            before = now
            loss = np.asarray(self.factor * (residual.astype(np.float64) ** 2).mean()).astype(dtype)
            told = [values.astype(dtype) for values in (w, b, grad_w, grad_b)]
            yield (*told, loss)
            w = self.results((w - self.results((kept(lr) * grad_w).astype(kept))).astype(kept))
            b = self.results((b - self.results((kept(lr) * grad_b).astype(kept))).astype(kept))
        return w.astype(dtype), b.astype(dtype)


def no_subnormals(values: Array) -> Array:
    """Zero where a number is below the smallest normal one."""
    return np.where(np.abs(values) < np.finfo(values.dtype).tiny, np.zeros_like(values), values)


RIGHT = Narrow()
IN_TF32 = Narrow(factors_in(TF32), factors_in(TF32))
CUT_TO_TF32 = Narrow(factors_in(TF32, truncated_to), factors_in(TF32, truncated_to))
FORWARD_IN_TF32 = Narrow(factors_in(TF32))
BACKWARD_IN_TF32 = Narrow(backward=factors_in(TF32), scaled_last=True)
IN_BFLOAT16 = Narrow(factors_in(BFLOAT16), factors_in(BFLOAT16))
IN_FLOAT32 = Narrow(factors_in(FLOAT32), factors_in(FLOAT32))
FLUSHED = Narrow(results=no_subnormals)
KEPT_IN_BFLOAT16 = Narrow(storage=ml_dtypes.bfloat16)
KEPT_IN_FLOAT16 = Narrow(storage=np.float16)
KEPT_IN_FLOAT32 = Narrow(storage=np.float32)


def autocast(x: Array, y: Array, w: Array, b: Array, lr: float, steps: int) -> Any:
    """Products and their results in bfloat16, parameters in the dtype that came in."""
    dtype, narrow = x.dtype, ml_dtypes.bfloat16

    def product(left: Array, right: Array) -> Array:
        wide = left.astype(narrow).astype(np.float32) @ right.astype(narrow).astype(np.float32)
        return wide.astype(narrow).astype(dtype)

    for _ in range(steps):
        residual = product(x, w) + b - y
        scaled = dtype.type(2 / residual.size) * residual
        grad_w, grad_b = product(x.T, scaled), scaled.sum(axis=0)
        yield w, b, grad_w, grad_b, (residual**2).mean()
        w, b = w - dtype.type(lr) * grad_w, b - dtype.type(lr) * grad_b
    return w, b
