"""PyTorch: `torch.optim.SGD(foreach=True)`, all parameters in one call.

The default on a GPU, and there the reason is launches: `torch._foreach_add_` updates a list of tensors with a few
kernels where the plain path starts one per tensor. The formula is that of `torch_optim`; the kernels are different
ones, with vector tails and chunk borders of their own, and so is what they can get wrong.

To watch: on a CPU the same call is a loop over the tensors, so passing there says little about the kernels on a GPU.
"""

from collections.abc import Generator

import torch
from torch import Tensor

Step = tuple[Tensor, Tensor, Tensor | None, Tensor | None, Tensor]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), by multi-tensor SGD."""
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()
    optimizer = torch.optim.SGD([w, b], lr=lr, foreach=True)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((x @ w + b - y) ** 2).mean()
        loss.backward()
        yield w, b, w.grad, b.grad, loss
        optimizer.step()
    return w, b
