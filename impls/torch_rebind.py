"""Gradient descent with a fresh leaf at each step: the other right answer.

Whoever prefers `w = w - lr * w.grad` to updating in place can have it: the right side is computed outside the graph,
and its result is made a leaf again. A new leaf has no gradient yet, so there is nothing to clear.
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
    # detach() shares the caller's memory. That is harmless here: nothing below writes into a tensor.
    w = w.detach().requires_grad_()
    b = b.detach().requires_grad_()

    for _ in range(steps):
        loss = ((x @ w + b - y) ** 2).mean()
        loss.backward()
        assert w.grad is not None
        assert b.grad is not None

        yield w, b, w.grad, b.grad, loss

        # Under no_grad the difference is a plain tensor that remembers nothing; requires_grad_() makes it a leaf.
        # Forgetting that call is why many a loop stops at its second backward.
        with torch.no_grad():
            w = w - lr * w.grad
            b = b - lr * b.grad
        w.requires_grad_()
        b.requires_grad_()

    return w, b
