"""JAX: a Hessian-vector product by `jax.jvp` of `jax.grad`.

The gradient's derivative along one direction, for about the price of two gradients and without the Hessian.

To watch: `jvp` gives the gradient and its derivative, in this order.
"""

import jax
from jax import Array


def mean_square(w: Array, b: Array, x: Array, y: Array) -> Array:
    """Return mean((x @ w + b - y)**2)."""
    return ((x @ w + b - y) ** 2).mean()


@jax.jit
def product(x: Array, y: Array, w: Array, b: Array, v: Array, c: Array) -> tuple[Array, Array]:
    """Return the Hessian of `mean_square` times the direction (v, c)."""
    gradient = jax.grad(mean_square, argnums=(0, 1))
    _, (along_w, along_b) = jax.jvp(lambda w, b: gradient(w, b, x, y), (w, b), (v, c))
    return along_w, along_b
