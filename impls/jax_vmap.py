"""JAX: one gradient per sample by `vmap(grad)`, then their mean.

The way of differential privacy, influence functions and gradient-noise estimates, which all need to see the samples'
gradients apart. `jax.vmap` turns the loss of one sample into that of all at once; the mean of the gradients is the
gradient of the mean, exactly.

To watch: in floating point it is another sum, and not always the worse one. `jnp.mean` of bfloat16 adds in float32,
while the sum that `grad` makes of a broadcast bias is one over bfloat16, and on a CPU is added up in bfloat16. It
costs N times the memory of the one gradient, unless XLA fuses the mean into it. And `in_axes` must say None for what
all samples share.
"""

from collections.abc import Generator

import jax
from jax import Array

Step = tuple[Array, Array, Array, Array, Array]  # w, b, their gradients, the loss
End = tuple[Array, Array]


def sample_loss(w: Array, b: Array, x: Array, y: Array) -> Array:
    """Return the loss of one sample, x (d,), y (m,): the mean over its m targets."""
    return ((x @ w + b - y) ** 2).mean()


@jax.jit
def gradient(w: Array, b: Array, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Return the means over the samples of both gradients and of the loss."""
    one = jax.value_and_grad(sample_loss, argnums=(0, 1))
    losses, (grads_w, grads_b) = jax.vmap(one, in_axes=(None, None, 0, 0))(w, b, x, y)
    return grads_w.mean(0), grads_b.mean(0), losses.mean()


def descend(x: Array, y: Array, w: Array, b: Array, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), by the mean of N gradients."""
    for _ in range(steps):
        grad_w, grad_b, loss = gradient(w, b, x, y)
        yield w, b, grad_w, grad_b, loss
        w = w - lr * grad_w
        b = b - lr * grad_b
    return w, b
