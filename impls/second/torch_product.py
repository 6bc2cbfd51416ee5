"""PyTorch: a Hessian-vector product by forward mode over reverse mode.

`jvp` of the gradient: the gradient's derivative along one direction, for about the price of two gradients and without
the Hessian. What Newton's and conjugate-gradient methods are built on.

To watch: `jvp` gives the gradient and its derivative, in this order.
"""

import warnings

import torch
from torch import Tensor


def product(x: Tensor, y: Tensor, w: Tensor, b: Tensor, v: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """Return the Hessian of mean((x @ w + b - y)**2) times the direction (v, c)."""
    gradient = torch.func.grad(lambda w, b: ((x @ w + b - y) ** 2).mean(), argnums=(0, 1))
    with warnings.catch_warnings():
        # At the first jvp of a process, PyTorch 2.13 compiles its own formulas with what it calls deprecated, on
        # Python 3.14 unsupported.
        warnings.filterwarnings("ignore", message="`torch.jit.script")
        along: tuple[Tensor, Tensor] = torch.func.jvp(gradient, (w, b), (v, c))[1]
    return along
