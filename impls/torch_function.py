"""PyTorch: a hand-written `torch.autograd.Function`.

The way of custom kernels: whoever writes the forward in CUDA or Triton writes its derivative too, and autograd
believes it. With r = x @ w + b - y over N*m entries:

    L = mean(r**2)      dL/dw = xᵀ (2/(N m)) r      dL/db = the sum of (2/(N m)) r over the rows

To watch: `backward` is handed the gradient of what came after and must multiply by it, even though here it is 1. It
returns one entry per argument of `forward`, None for the data. And r, saved from inside `forward`, is a constant to
autograd: a second derivative through it would be silently wrong, so `once_differentiable` makes it an error.
"""

from collections.abc import Generator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

Step = tuple[Tensor, Tensor, Tensor | None, Tensor | None, Tensor]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]


class MeanSquare(torch.autograd.Function):
    """The loss mean((x @ w + b - y)**2), with its derivative by w and b."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Tensor:
        """Return the loss, and save what its derivative needs."""
        residual = x @ w + b - y
        ctx.save_for_backward(x, residual)
        return (residual**2).mean()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_loss: Tensor) -> tuple[None, None, Tensor, Tensor]:
        """Return the derivatives by x and y (not wanted), w and b, times grad_loss."""
        x, residual = ctx.saved_tensors
        scaled = grad_loss * (2.0 / residual.numel()) * residual
        return None, None, x.T @ scaled, scaled.sum(0)


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), by a derivative of our own."""
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()
    for _ in range(steps):
        loss = MeanSquare.apply(x, y, w, b)
        loss.backward()
        yield w, b, w.grad, b.grad, loss
        with torch.no_grad():
            for p in (w, b):
                assert p.grad is not None  # backward() has just filled it
                p -= lr * p.grad
                p.grad = None  # or the next backward() adds to it
    return w, b
