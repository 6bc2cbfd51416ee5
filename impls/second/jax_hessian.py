"""JAX: the whole Hessian by `jax.hessian`, forward mode over reverse mode.

To watch: by w and b there are four blocks, and `argnums` must name both, or the mixed ones are left out.
"""

import jax
from jax import Array

Blocks = tuple[Array, Array, Array, Array]


def mean_square(w: Array, b: Array, x: Array, y: Array) -> Array:
    """Return mean((x @ w + b - y)**2)."""
    return ((x @ w + b - y) ** 2).mean()


blocks = jax.jit(jax.hessian(mean_square, argnums=(0, 1)))


def hessian(x: Array, y: Array, w: Array, b: Array) -> Blocks:
    """Return the blocks of the Hessian of `mean_square`: by w and w, w and b, b and w, b and b."""
    (ww, wb), (bw, bb) = blocks(w, b, x, y)
    return ww, wb, bw, bb
