"""PyTorch: `torch.optim.SGD(fused=True)`, the whole update in one kernel.

The fastest of the three: weight decay, momentum and the step itself are done in a single pass over the memory, by
vectorised code that was written for this and for each device. That makes it the one whose mistakes are its own.

To watch: in PyTorch 2.13.0 on a CPU the kernel leaves whole vector blocks of bfloat16 and float16 parameters
unmoved (pytorch#191763). It raises nothing, and the loss goes down, because the other parameters learn. A look at the
loss curve cannot find it; holding every update against `w - lr * grad` does, at the first step.
"""

from collections.abc import Generator

import torch
from torch import Tensor

Step = tuple[Tensor, Tensor, Tensor | None, Tensor | None, Tensor]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), by fused SGD."""
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()
    optimizer = torch.optim.SGD([w, b], lr=lr, fused=True)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((x @ w + b - y) ** 2).mean()
        loss.backward()
        yield w, b, w.grad, b.grad, loss
        optimizer.step()
    return w, b
