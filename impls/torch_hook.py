"""PyTorch: the update inside a hook, while backward is still running.

A post-accumulate-grad hook is called the moment one parameter's gradient is complete. Stepping there and freeing the
gradient at once means that no two gradients need to be in memory together: for large models, gigabytes less.

To watch: when `backward()` returns, everything has already happened. The parameters have moved, the gradients are
gone, and printing `w` beside the loss pairs a loss with the parameters that follow it; a record of what the step saw
has to be kept in the hook, before it acts. Clipping by the global norm is not possible here. And the gradient of
every other parameter must not need the value that this one has just lost, which autograd's version counter checks.
"""

from collections.abc import Generator

import torch
from torch import Tensor

Step = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), by hooks that update."""
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()
    seen: dict[Tensor, tuple[Tensor, Tensor]] = {}  # parameter -> its value and gradient before the update

    def update(p: Tensor) -> None:
        assert p.grad is not None  # that it is there is why we are called
        seen[p] = p.detach().clone(), p.grad
        with torch.no_grad():
            p -= lr * p.grad
        p.grad = None

    for p in (w, b):
        p.register_post_accumulate_grad_hook(update)
    for _ in range(steps):
        loss = ((x @ w + b - y) ** 2).mean()
        loss.backward()
        (w_before, grad_w), (b_before, grad_b) = seen[w], seen[b]
        yield w_before, b_before, grad_w, grad_b, loss
    return w, b
