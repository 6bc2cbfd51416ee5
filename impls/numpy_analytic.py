"""Gradient descent with the gradient written out by hand.

With the residual `r = x @ w + b - y` the loss is `mean(r**2)`, over all N·m entries, and the chain rule gives

    d loss / d w = (2 / (N m)) xᵀ r          d loss / d b = (2 / (N m)) Σ_rows r

The mean's `1 / (N m)` and the square's 2 are the two factors that hand-written loops lose.
"""

from collections.abc import Generator

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]


def descend(
    x: Array, y: Array, w: Array, b: Array, lr: float, steps: int
) -> Generator[tuple[Array, Array, Array, Array, Array], None, tuple[Array, Array]]:
    """Yield `w, b, grad_w, grad_b, loss` at every step, before its update; return where the run ended.

    Shapes: x (N, d), y (N, m), w (d, m), b (m,).
    """
    for _ in range(steps):
        residual = x @ w + b - y
        loss = (residual**2).mean()

        scaled = residual * (2 / y.size)
        grad_w = x.T @ scaled
        grad_b = scaled.sum(axis=0)  # b was broadcast over the rows: its gradient is summed over them

        yield w, b, grad_w, grad_b, loss

        # New arrays: `w -= …` would write into the array that the caller handed in.
        w = w - lr * grad_w
        b = b - lr * grad_b

    return w, b
