"""PyTorch: `torch.optim.SGD`, one tensor at a time.

What most people's loops say. `foreach=False` names the plain code path, in which each parameter gets its own
`param.add_(grad, alpha=-lr)`; left at `None`, PyTorch would choose that one on a CPU and the batched one on a GPU,
and what is on trial would depend on the device.

To watch: `add_`'s `alpha` is rounded to the parameter's format before it is used. In bfloat16 lr = 0.01 becomes
0.01001, one part in a thousand off, where the handwritten `w -= lr * grad` multiplies by lr itself in float32 and
then rounds the product. Neither is wrong, and two runs that differ in nothing else part ways.
"""

from collections.abc import Generator

import torch
from torch import Tensor

Step = tuple[Tensor, Tensor, Tensor | None, Tensor | None, Tensor]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), by single-tensor SGD."""
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()
    optimizer = torch.optim.SGD([w, b], lr=lr, foreach=False, fused=False)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((x @ w + b - y) ** 2).mean()
        loss.backward()
        yield w, b, w.grad, b.grad, loss
        optimizer.step()
    return w, b
