"""PyTorch: forward mode, the gradient one direction at a time by `torch.func.jvp`.

A derivative in forward mode travels along with the computation: `jvp` gives the loss and its slope in one direction
of the parameters, and keeps no graph. The gradient is the slopes in all d*m + m unit directions, which `vmap` takes
together; `torch.func.jacfwd` does the same in one call. For one loss and many parameters this is the costly way; for
Jacobians with few inputs, for Hessian-vector products and for operators without a backward it is the right one.

To watch: time and memory grow with directions times rows; `chunk_size`, which `jacfwd` lacks, bounds the memory. And
it is an independent witness: forward formulas are written apart from backward ones, so that an operator can be right
in the one and wrong in the other.
"""

import warnings
from collections.abc import Generator

import torch
from torch import Tensor

Step = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]

DIRECTIONS_AT_ONCE = 64


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), by forward mode."""
    unit = torch.eye(w.numel() + b.numel(), dtype=w.dtype, device=w.device)
    directions_w = unit[:, : w.numel()].reshape(-1, *w.shape)
    directions_b = unit[:, w.numel() :]

    def along(w: Tensor, b: Tensor, dw: Tensor, db: Tensor) -> tuple[Tensor, ...]:
        return torch.func.jvp(lambda w, b: ((x @ w + b - y) ** 2).mean(), (w, b), (dw, db))[:2]

    in_all = torch.func.vmap(along, in_dims=(None, None, 0, 0), chunk_size=DIRECTIONS_AT_ONCE)
    for _ in range(steps):
        with warnings.catch_warnings():
            # At the first jvp of a process, PyTorch 2.13 compiles its own formulas with what it calls deprecated, on
            # Python 3.14 unsupported.
            warnings.filterwarnings("ignore", message="`torch.jit.script")
            losses, slopes = in_all(w, b, directions_w, directions_b)
        grad_w, grad_b = slopes[: w.numel()].reshape(w.shape), slopes[w.numel() :]
        yield w, b, grad_w, grad_b, losses[0]  # each direction brings the loss along, the same each time
        w = w - lr * grad_w
        b = b - lr * grad_b
    return w, b
