"""NumPy: the gradient by `np.einsum`, every sum spelled out by its indices.

With r = x @ w + b - y over N*m entries, L = mean(r**2), dL/dw = (2/(N m)) xᵀ r, dL/db = (2/(N m)) times r summed over
rows. Written with n for rows, d for features and m for targets, the formula *is* the code, and a transposition in the
wrong place cannot hide behind shapes that happen to fit.

To watch: `einsum` is not `@` with other letters. Without `optimize` it calls no BLAS but runs loops of its own, with
sums in another order. It adds in the format of its operands unless `dtype` says otherwise, and refuses bfloat16,
which NumPy knows only through ml_dtypes: formats narrower than float32 are therefore summed in float32 and rounded
once.
"""

from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Step = tuple[Array, Array, Array, Array, Array]  # w, b, their gradients, the loss
End = tuple[Array, Array]


def descend(x: Array, y: Array, w: Array, b: Array, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), by explicit index sums."""
    dtype = x.dtype
    wide = np.result_type(dtype, np.float32)

    def contract(indices: str, *operands: Array) -> Array:
        return np.asarray(np.einsum(indices, *operands, dtype=wide, casting="safe")).astype(dtype)

    for _ in range(steps):
        r = contract("nd,dm->nm", x, w) + b - y
        # A Python float times bfloat16 is float32 in NumPy, and until 2.1 bfloat16 over a Python integer is as well.
        scaled = (2.0 / r.size * r).astype(dtype)
        grad_w = contract("nd,nm->dm", x, scaled)
        grad_b = contract("nm->m", scaled)
        loss = np.asarray(contract("nm,nm->", r, r) / r.size).astype(dtype)
        yield w, b, grad_w, grad_b, loss
        w = (w - lr * grad_w).astype(dtype)
        b = (b - lr * grad_b).astype(dtype)
    return w, b
