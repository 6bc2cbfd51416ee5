"""PyTorch: a Hessian-vector product by two backwards.

The gradient's dot product with the direction is one number, and its gradient is the Hessian times the direction. The
way for operators that have a backward and no forward formula.

To watch: the direction is a constant; were it part of the graph, its own derivative would be added.
"""

import torch
from torch import Tensor


def product(x: Tensor, y: Tensor, w: Tensor, b: Tensor, v: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """Return the Hessian of mean((x @ w + b - y)**2) times the direction (v, c)."""
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()
    loss = ((x @ w + b - y) ** 2).mean()
    gradients = torch.autograd.grad(loss, (w, b), create_graph=True)
    along_w, along_b = torch.autograd.grad(gradients, (w, b), grad_outputs=(v.detach(), c.detach()))
    return along_w, along_b
