"""JAX: one step, gradient and update, compiled as a whole by `jax.jit`.

What nearly every JAX training loop is. XLA sees the loss, its gradient and the update together and fuses them, so
sums are taken in an order of its own, products and sums may become one FMA, and low precisions may pass between fused
operations without being rounded.

To watch: a jitted function freezes whatever it closes over. A loss that reads `w` from outside instead of taking it
as an argument is compiled with the first `w` and goes on returning its gradient for ever, without an error.
Everything that changes is an argument here. The update must be taken from what is returned: `step(...)` alone moves
nothing.
"""

from collections.abc import Generator

import jax
from jax import Array

Step = tuple[Array, Array, Array, Array, Array]  # w, b, their gradients, the loss
End = tuple[Array, Array]


def mean_square(w: Array, b: Array, x: Array, y: Array) -> Array:
    """Return mean((x @ w + b - y)**2)."""
    return ((x @ w + b - y) ** 2).mean()


@jax.jit
def step(w: Array, b: Array, x: Array, y: Array, lr: float) -> tuple[End, Array, End]:
    """Return the gradients, the loss, and the parameters after one update."""
    loss, (grad_w, grad_b) = jax.value_and_grad(mean_square, argnums=(0, 1))(w, b, x, y)
    return (grad_w, grad_b), loss, (w - lr * grad_w, b - lr * grad_b)


def descend(x: Array, y: Array, w: Array, b: Array, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise `mean_square`, x (N, d), y (N, m), w (d, m), b (m,), by compiled steps."""
    for _ in range(steps):
        (grad_w, grad_b), loss, after = step(w, b, x, y, lr)
        yield w, b, grad_w, grad_b, loss
        w, b = after
    return w, b
