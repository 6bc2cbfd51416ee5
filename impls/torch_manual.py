"""Gradient descent by hand on autograd: the loop everything else here is compared with.

Fits `y ≈ x @ w + b` by least squares. There are four moves in a step, and the order matters:

1. **forward** with the weights as they are now. The graph of a loss belongs to the values that built it: a loss built
   once, outside the loop, keeps answering for the first weights.
2. **backward**, which *adds* the gradients to `w.grad` and `b.grad`.
3. **update** in place, under `no_grad`. `w = w - lr * w.grad` would make a new tensor, the result of a computation and
   no longer a leaf: its `.grad` stays `None`, and the loop works for one iteration only.
4. **clear** the gradients, since the next backward would add to them.
"""

from collections.abc import Generator

import torch
from torch import Tensor


def descend(
    x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int
) -> Generator[tuple[Tensor, Tensor, Tensor, Tensor, Tensor], None, tuple[Tensor, Tensor]]:
    """Yield `w, b, grad_w, grad_b, loss` at every step, before its update; return where the run ended.

    Shapes: x (N, d), y (N, m), w (d, m), b (m,).
    """
    # Leaves of our own: the caller's tensors stay as they were, and `.grad` is filled for leaves alone.
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()

    for _ in range(steps):
        prediction = x @ w + b
        loss = ((prediction - y) ** 2).mean()

        loss.backward()
        # backward fills .grad of every leaf that the loss depends on; the type checker cannot know.
        assert w.grad is not None
        assert b.grad is not None

        yield w, b, w.grad, b.grad, loss

        # An update is no part of the model: without no_grad, autograd refuses to change a leaf in place.
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad

        # None and not zero_(): the next backward then stores its gradient and has nothing to add to.
        w.grad = None
        b.grad = None

    return w, b
