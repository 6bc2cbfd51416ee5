"""PyTorch: one gradient per sample by `vmap(grad)`, then their mean.

The way of differential privacy, influence functions and gradient-noise estimates, which all need to see the samples'
gradients apart. `torch.func.vmap` turns the loss of one sample into that of all at once; the mean of the gradients is
the gradient of the mean, exactly.

To watch: in floating point it is another sum. Each sample's gradient is rounded to the storage format before it is
averaged, and they cost N times the memory of the one gradient. The mean must be taken over the samples' axis, and
over equally weighted samples: averages of batches of unequal size need weights.
"""

from collections.abc import Generator

import torch
from torch import Tensor

Step = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]


def sample_loss(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Loss of one sample, x (d,), y (m,): the mean over its m targets."""
    return ((x @ w + b - y) ** 2).mean()


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), by the mean of N gradients."""
    gradients = torch.func.vmap(torch.func.grad_and_value(sample_loss, argnums=(0, 1)), in_dims=(None, None, 0, 0))
    for _ in range(steps):
        (grads_w, grads_b), losses = gradients(w, b, x, y)  # (N, d, m), (N, m), (N,)
        grad_w, grad_b = grads_w.mean(0), grads_b.mean(0)
        yield w, b, grad_w, grad_b, losses.mean()
        w = w - lr * grad_w
        b = b - lr * grad_b
    return w, b
