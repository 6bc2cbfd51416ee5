"""PyTorch: the whole Hessian by `torch.func.hessian`.

Forward mode over reverse mode: the gradient's derivative along each unit direction, all of them at once by `vmap`.

To watch: by w and b there are four blocks, and `argnums` must name both, or the mixed ones are left out. Memory grows
with directions times rows.
"""

import warnings

import torch
from torch import Tensor

Blocks = tuple[Tensor, Tensor, Tensor, Tensor]


def hessian(x: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Blocks:
    """Return the blocks of the Hessian of mean((x @ w + b - y)**2): by w and w, w and b, b and w, b and b."""

    def mean_square(w: Tensor, b: Tensor) -> Tensor:
        return ((x @ w + b - y) ** 2).mean()

    with warnings.catch_warnings():
        # At the first jvp of a process, PyTorch 2.13 compiles its own formulas with what it calls deprecated, on
        # Python 3.14 unsupported.
        warnings.filterwarnings("ignore", message="`torch.jit.script")
        (ww, wb), (bw, bb) = torch.func.hessian(mean_square, argnums=(0, 1))(w, b)
    return ww, wb, bw, bb
