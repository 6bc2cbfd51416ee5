"""PyTorch: the update through `.data`, behind autograd's back.

The oldest way to change a parameter, still found in courses and in code from before `torch.no_grad()` (2018).
`w.data` is a second tensor on the same memory that autograd does not watch, so writing to it moves `w` without
becoming part of any graph, and `w` stays the leaf that gathers the gradients.

To watch: the version counter does not see the write. Where backward still needs the old value, `torch.no_grad()` with
an in-place update raises an error and `.data` computes a wrong gradient in silence. Here it is safe, because every
backward is over before its update begins. And as with every `.backward()`, the gradients must be cleared by hand.
"""

from collections.abc import Generator

from torch import Tensor

Step = tuple[Tensor, Tensor, Tensor | None, Tensor | None, Tensor]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), by `p.data -= lr * p.grad`."""
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()
    for _ in range(steps):
        loss = ((x @ w + b - y) ** 2).mean()
        loss.backward()
        yield w, b, w.grad, b.grad, loss
        for p in (w, b):
            assert p.grad is not None  # backward() has just filled it
            p.data -= lr * p.grad
            p.grad = None  # or the next backward() adds to it
    return w, b
