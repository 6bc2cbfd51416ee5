"""JAX: rematerialisation, `jax.checkpoint`, forward computed twice.

The intermediate results of the marked function are not kept for backward but computed again when it gets there:
memory for time. What to keep all the same is a policy's decision.

To watch: only functions of their arguments are safe, which in JAX they are anyhow. Under `jit` XLA is kept from
merging the two forward passes, which would undo the saving, by barriers; they also keep it from some fusions, so the
numbers may differ in their last bits from those without.
"""

from collections.abc import Generator

import jax
from jax import Array

Step = tuple[Array, Array, Array, Array, Array]  # w, b, their gradients, the loss
End = tuple[Array, Array]


@jax.checkpoint
def residual(w: Array, b: Array, x: Array, y: Array) -> Array:
    """Return x @ w + b - y, the block whose insides are not kept."""
    return x @ w + b - y


def mean_square(w: Array, b: Array, x: Array, y: Array) -> Array:
    """Return mean((x @ w + b - y)**2)."""
    r: Array = residual(w, b, x, y)
    return (r**2).mean()


gradient = jax.jit(jax.value_and_grad(mean_square, argnums=(0, 1)))


def descend(x: Array, y: Array, w: Array, b: Array, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise `mean_square`, x (N, d), y (N, m), w (d, m), b (m,), through a checkpoint."""
    for _ in range(steps):
        loss, (grad_w, grad_b) = gradient(w, b, x, y)
        yield w, b, grad_w, grad_b, loss
        w = w - lr * grad_w
        b = b - lr * grad_b
    return w, b
