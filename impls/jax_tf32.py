"""JAX on a GPU: float32 matrix products in TF32.

Ampere and later multiply float32 matrices several times faster if the factors may be cut to 11 bits, a format called
TensorFloat-32; sums stay in float32. JAX takes the hardware's fastest precision *by default*, so a GPU may be doing
this unasked; here it is asked for by name, and `jax.default_matmul_precision("highest")` is how to refuse it.

To watch: the arrays say float32 all the while; only the numbers tell. Integers up to 2048 pass through unharmed. The
setting is part of what a jitted function is compiled for, read while it is traced and fixed in it from then on, for
the gradient's products too. It holds for the thread, so the block is left before anybody else runs. A CPU computes in
float32.
"""

from collections.abc import Generator

import jax
from jax import Array

Step = tuple[Array, Array, Array, Array, Array]  # w, b, their gradients, the loss
End = tuple[Array, Array]


def mean_square(w: Array, b: Array, x: Array, y: Array) -> Array:
    """Return mean((x @ w + b - y)**2)."""
    return ((x @ w + b - y) ** 2).mean()


gradient = jax.jit(jax.value_and_grad(mean_square, argnums=(0, 1)))


def descend(x: Array, y: Array, w: Array, b: Array, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise `mean_square`, x (N, d), y (N, m), w (d, m), b (m,), with TF32 products."""
    for _ in range(steps):
        with jax.default_matmul_precision("tensorfloat32"):
            loss, (grad_w, grad_b) = gradient(w, b, x, y)
        yield w, b, grad_w, grad_b, loss
        w = w - lr * grad_w
        b = b - lr * grad_b
    return w, b
