"""NumPy: the gradient through the normal equations, XᵀX and XᵀY computed once.

With a ones column appended, X = [x, 1] and V = [w; b], least squares has the gradient (2/(N m)) (XᵀX V - XᵀY). Both
products are the data's alone: computed once, they make a step cost O(d² m) whatever N is. The way of online
statistics, of regression on data that do not fit into memory, and of anything that runs for very many steps.

To watch: near the minimum this is a difference of nearly equal numbers. Its error is relative to |XᵀX| |V| + |XᵀY|,
where that of xᵀ(x w + b - y) shrinks along with the residual, and so descent stops moving at a worse place; the loss,
a difference of squares, can come out negative. Columns far from zero mean make it worse: centre them. The products
are kept in float32 at least, because rounded to 8 bits they would define another problem.
"""

from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Step = tuple[Array, Array, Array, Array, Array]  # w, b, their gradients, the loss
End = tuple[Array, Array]


def descend(x: Array, y: Array, w: Array, b: Array, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), through the Gram matrix."""
    dtype = x.dtype
    wide = np.result_type(dtype, np.float32)
    X = np.concatenate([x, np.ones((len(x), 1), dtype)], axis=1).astype(wide)
    Y = y.astype(wide)
    G, C, s = X.T @ X, X.T @ Y, (Y * Y).sum()
    for _ in range(steps):
        V = np.concatenate([w, b[None]]).astype(wide)
        gradient = (2.0 / y.size * (G @ V - C)).astype(dtype)
        grad_w, grad_b = gradient[:-1], gradient[-1]
        loss = np.asarray(((V * (G @ V - 2.0 * C)).sum() + s) / y.size).astype(dtype)
        yield w, b, grad_w, grad_b, loss
        w = (w - lr * grad_w).astype(dtype)  # a Python float times bfloat16 is float32 in NumPy
        b = (b - lr * grad_b).astype(dtype)
    return w, b
