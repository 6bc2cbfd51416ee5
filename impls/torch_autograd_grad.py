"""PyTorch: `torch.autograd.grad`, which returns gradients instead of storing them.

Taken where a gradient is a value to compute with: penalties on gradients, physics-informed losses, second
derivatives. It leaves every `.grad` in the process alone, so there is nothing to clear and nothing to forget to
clear: the most frequent mistake of hand-written loops cannot be made here.

To watch: the gradients come as a tuple even for one input. And `torch.no_grad()` must not be open across a `yield`:
a generator shares the caller's thread, and the caller would go on without gradients.
"""

from collections.abc import Generator

import torch
from torch import Tensor

Step = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), by autograd.grad."""
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()
    for _ in range(steps):
        loss = ((x @ w + b - y) ** 2).mean()
        grad_w, grad_b = torch.autograd.grad(loss, (w, b))
        yield w, b, grad_w, grad_b, loss
        with torch.no_grad():
            w -= lr * grad_w
            b -= lr * grad_b
    return w, b
