"""JAX: a hand-written derivative, `jax.custom_vjp`.

For functions whose derivative JAX cannot find (a kernel, an outside call) or finds in an unstable form. It takes
what is written here on trust. With r = x @ w + b - y over N*m entries:

    L = mean(r**2)      dL/dw = xᵀ (2/(N m)) r      dL/db = the sum of (2/(N m)) r over the rows

To watch: the backward rule is handed the gradient of what came after and must multiply by it, even though here it is
1. It returns one entry per argument, None where no gradient is wanted: asked for one there, JAX answers zero, not an
error. Forward mode, and with it a Hessian by forward over reverse, is lost.
"""

from collections.abc import Generator

import jax
from jax import Array

Step = tuple[Array, Array, Array, Array, Array]  # w, b, their gradients, the loss
End = tuple[Array, Array]


@jax.custom_vjp
def mean_square(w: Array, b: Array, x: Array, y: Array) -> Array:
    """Return mean((x @ w + b - y)**2)."""
    return forward(w, b, x, y)[0]


def forward(w: Array, b: Array, x: Array, y: Array) -> tuple[Array, tuple[Array, Array]]:
    """Return the loss, and what its derivative needs."""
    residual = x @ w + b - y
    return (residual**2).mean(), (x, residual)


def backward(saved: tuple[Array, Array], grad_loss: Array) -> tuple[Array, Array, None, None]:
    """Return the derivatives by w, b, x and y (not wanted), times grad_loss."""
    x, residual = saved
    scaled = grad_loss * (2.0 / residual.size) * residual
    return x.T @ scaled, scaled.sum(0), None, None


mean_square.defvjp(forward, backward)
gradient = jax.jit(jax.value_and_grad(mean_square, argnums=(0, 1)))


def descend(x: Array, y: Array, w: Array, b: Array, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise `mean_square`, x (N, d), y (N, m), w (d, m), b (m,), by a derivative of our own."""
    for _ in range(steps):
        loss, (grad_w, grad_b) = gradient(w, b, x, y)
        yield w, b, grad_w, grad_b, loss
        w = w - lr * grad_w
        b = b - lr * grad_b
    return w, b
