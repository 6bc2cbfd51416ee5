"""JAX: the whole run in one `lax.scan`.

The loop itself is compiled: one call to the device for all steps, no Python between them. `scan` carries the
parameters from step to step and stacks whatever else a step returns, which is how the history comes out.

To watch: nothing can be seen before all of it is done, and all of the history is held at once. A step's carry must
keep its shape and dtype; a float64 lr from NumPy would widen it and raise an error, a Python float adapts. Returning
the *new* parameters as the step's output is the common off-by-one: the history then begins at step one, beside losses
from step zero.
"""

from collections.abc import Generator
from functools import partial

import jax
from jax import Array, lax

Step = tuple[Array, ...]  # w, b, their gradients, the loss
End = tuple[Array, Array]


def mean_square(w: Array, b: Array, x: Array, y: Array) -> Array:
    """Return mean((x @ w + b - y)**2)."""
    return ((x @ w + b - y) ** 2).mean()


@partial(jax.jit, static_argnames="steps")
def run(x: Array, y: Array, w: Array, b: Array, lr: float, steps: int) -> tuple[End, Step]:
    """Return where the run ended and, one entry a step, what each step saw before its update."""

    def step(at: End, _: None) -> tuple[End, Step]:
        w, b = at
        loss, (grad_w, grad_b) = jax.value_and_grad(mean_square, argnums=(0, 1))(w, b, x, y)
        return (w - lr * grad_w, b - lr * grad_b), (w, b, grad_w, grad_b, loss)

    return lax.scan(step, (w, b), length=steps)


def descend(x: Array, y: Array, w: Array, b: Array, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise `mean_square`, x (N, d), y (N, m), w (d, m), b (m,), in one compiled loop."""
    (w, b), history = run(x, y, w, b, lr, steps)
    for k in range(steps):  # zip(*history) would compile the unstacking for this very length
        yield tuple(values[k] for values in history)
    return w, b
