"""JAX: the update by Optax, `optax.sgd`.

How optimisers are written in JAX: `update` turns gradients into updates, with the optimiser's state passed in and
out, and `apply_updates` adds them to the parameters. SGD is a chain of one link, multiplication by -lr.

To watch: nothing is changed in place. The new state and the new parameters are return values, and a loop that drops
either one runs without an error: without the parameters nothing moves, without the state momentum never builds up.
And `apply_updates` casts to the parameter's dtype, so a widened update cannot widen the parameters.
"""

from collections.abc import Generator

import jax
import optax  # type: ignore[import-untyped]  # Optax ships no types
from jax import Array

Step = tuple[Array, Array, Array, Array, Array]  # w, b, their gradients, the loss
End = tuple[Array, Array]


def mean_square(params: End, x: Array, y: Array) -> Array:
    """Return mean((x @ w + b - y)**2) of params = w, b."""
    w, b = params
    return ((x @ w + b - y) ** 2).mean()


gradient = jax.jit(jax.value_and_grad(mean_square))


def descend(x: Array, y: Array, w: Array, b: Array, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise `mean_square`, x (N, d), y (N, m), w (d, m), b (m,), by Optax."""
    params = w, b
    optimizer = optax.sgd(lr)
    state = optimizer.init(params)
    for _ in range(steps):
        loss, grads = gradient(params, x, y)
        yield *params, *grads, loss
        updates, state = optimizer.update(grads, state, params)
        params = optax.apply_updates(params, updates)
    return params
