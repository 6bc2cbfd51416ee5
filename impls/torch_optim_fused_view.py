"""PyTorch: `torch.optim.SGD(fused=True)` on weights that are a strided view.

Weights are views where many layers share one buffer, or where a part of a table is trained and the rest is not. For
autograd and for plain SGD that makes no difference: a parameter is its numbers, wherever they lie.

To watch: in PyTorch 2.13.0 on a CPU the fused kernel reads and writes as many numbers as the parameter has, one after
the other from its first on. Most of the parameter stays as it was, and what lies between is overwritten. It raises
nothing.
"""

from collections.abc import Generator

import torch
from torch import Tensor

Step = tuple[Tensor, Tensor, Tensor | None, Tensor | None, Tensor]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), by fused SGD on a view."""
    rows, columns = w.shape
    table = torch.zeros(2 * rows, 2 * columns, dtype=w.dtype, device=w.device)
    table[::2, ::2] = w
    w = table[::2, ::2].requires_grad_()  # the view is the leaf; the table knows nothing of gradients
    b = b.detach().clone().requires_grad_()
    optimizer = torch.optim.SGD([w, b], lr=lr, fused=True)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((x @ w + b - y) ** 2).mean()
        loss.backward()
        yield w, b, w.grad, b.grad, loss
        optimizer.step()
    return w, b
