"""PyTorch: activation checkpointing, forward computed twice.

`checkpoint` throws the intermediate results of a block away and computes them again when backward gets there: memory
for time. The gradient must come out the same to the last bit, because the same operations see the same numbers.

To watch: only if they do. Anything that has changed by the time of the second pass (dropout without its random state
restored, batch-norm statistics, a parameter updated in between) makes it another function's gradient. And
`use_reentrant` should always be said: the old mode, True, gives no gradients at all where none of the block's
*inputs* requires one.
"""

from collections.abc import Generator

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

Step = tuple[Tensor, Tensor, Tensor | None, Tensor | None, Tensor]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]


def residual(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return x @ w + b - y, the block whose insides are not kept."""
    return x @ w + b - y


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), through a checkpoint."""
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()
    for _ in range(steps):
        loss = (checkpoint(residual, w, b, x, y, use_reentrant=False) ** 2).mean()
        loss.backward()
        yield w, b, w.grad, b.grad, loss
        with torch.no_grad():
            for p in (w, b):
                assert p.grad is not None  # backward() has just filled it
                p -= lr * p.grad
                p.grad = None  # or the next backward() adds to it
    return w, b
