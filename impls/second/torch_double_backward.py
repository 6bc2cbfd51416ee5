"""PyTorch: the whole Hessian by double backward, a row at a time.

`create_graph=True` records the first backward as well, so that it can be differentiated in turn. Each entry of the
gradient has a gradient of its own: a row of the Hessian.

To watch: without `create_graph` the gradient is a constant, and `retain_graph` keeps the graph for the next row.
"""

import torch
from torch import Tensor

Blocks = tuple[Tensor, Tensor, Tensor, Tensor]


def hessian(x: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Blocks:
    """Return the blocks of the Hessian of mean((x @ w + b - y)**2): by w and w, w and b, b and w, b and b."""
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()
    loss = ((x @ w + b - y) ** 2).mean()
    grad_w, grad_b = torch.autograd.grad(loss, (w, b), create_graph=True)

    def rows(entries: Tensor) -> tuple[Tensor, Tensor]:
        found = [torch.autograd.grad(entry, (w, b), retain_graph=True) for entry in entries.flatten()]
        by_w, by_b = (torch.stack(parts) for parts in zip(*found, strict=True))
        return by_w.reshape(*entries.shape, *w.shape), by_b.reshape(*entries.shape, *b.shape)

    return *rows(grad_w), *rows(grad_b)
