"""Gradient descent with `jax.value_and_grad`.

JAX differentiates functions, not recorded operations: the loss is a function of the parameters, and its gradient
another function of the same arguments. `argnums` says with respect to which of them. Arrays never change in place, so
an update makes new ones, and there is nothing to clear.

float64 needs `jax_enable_x64`, switched on before the arrays are made; otherwise they become float32 without a word.
"""

from collections.abc import Generator

import jax
import jax.numpy as jnp
from jax import Array


def mean_squared_error(w: Array, b: Array, x: Array, y: Array) -> Array:
    """`mean((x @ w + b - y)**2)`. The parameters come first, because `jax.grad` looks there unless told otherwise."""
    return jnp.square(x @ w + b - y).mean()


def descend(
    x: Array, y: Array, w: Array, b: Array, lr: float, steps: int
) -> Generator[tuple[Array, Array, Array, Array, Array], None, tuple[Array, Array]]:
    """Yield `w, b, grad_w, grad_b, loss` at every step, before its update; return where the run ended.

    Shapes: x (N, d), y (N, m), w (d, m), b (m,).
    """
    loss_and_gradient = jax.value_and_grad(mean_squared_error, argnums=(0, 1))

    for _ in range(steps):
        loss, (grad_w, grad_b) = loss_and_gradient(w, b, x, y)

        yield w, b, grad_w, grad_b, loss

        w = w - lr * grad_w
        b = b - lr * grad_b

    return w, b
