"""PyTorch: `torch.func.grad_and_value`, the gradient of a function.

JAX's way of saying it, in PyTorch: the loss is a pure function of its parameters, the transform returns another
function, and no tensor carries `requires_grad`, a graph or a `.grad`. It composes with `vmap`, `jvp` and itself.

To watch: it returns `(gradient, value)`, the other way round than JAX's `value_and_grad`. Which arguments are
differentiated is said by position: the default, `argnums=0`, is the first one, and in a loss written `loss(x, y, w,
b)` that is the data. Nothing is changed in place, so the update must bind new names or it is lost.
"""

from collections.abc import Generator

import torch
from torch import Tensor

Step = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]


def mean_square(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return mean((x @ w + b - y)**2)."""
    return ((x @ w + b - y) ** 2).mean()


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise `mean_square`, x (N, d), y (N, m), w (d, m), b (m,), by a functional transform."""
    gradient = torch.func.grad_and_value(mean_square, argnums=(0, 1))
    for _ in range(steps):
        (grad_w, grad_b), loss = gradient(w, b, x, y)
        yield w, b, grad_w, grad_b, loss
        w = w - lr * grad_w
        b = b - lr * grad_b
    return w, b
