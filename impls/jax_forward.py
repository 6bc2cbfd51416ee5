"""JAX: forward mode, the gradient by `jax.jacfwd`.

A derivative in forward mode travels along with the computation, one direction of the parameters at a time, and
nothing of the way is kept. `jacfwd` pushes all d*m + m unit directions through at once. For one loss and many
parameters this is the costly way; for Jacobians with few inputs, and as the outer half of a Hessian, it is the right
one.

To watch: time and memory grow with directions times rows. And it is an independent witness: JAX derives its reverse
mode from its forward mode by transposition, so where the two disagree it is the transposition, or a hand-written
rule, that is wrong.
"""

from collections.abc import Generator

import jax
from jax import Array

Step = tuple[Array, Array, Array, Array, Array]  # w, b, their gradients, the loss
End = tuple[Array, Array]


def loss_twice(w: Array, b: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """Return mean((x @ w + b - y)**2), once to differentiate and once to keep."""
    loss = ((x @ w + b - y) ** 2).mean()
    return loss, loss


gradient = jax.jit(jax.jacfwd(loss_twice, argnums=(0, 1), has_aux=True))


def descend(x: Array, y: Array, w: Array, b: Array, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), by forward mode."""
    for _ in range(steps):
        (grad_w, grad_b), loss = gradient(w, b, x, y)
        yield w, b, grad_w, grad_b, loss
        w = w - lr * grad_w
        b = b - lr * grad_b
    return w, b
