"""PyTorch on CUDA: float32 matrix products in TF32.

Ampere and later multiply float32 matrices several times faster if the factors may be cut to 11 bits, a format called
TensorFloat-32; sums stay in float32. PyTorch has it off by default for matrix products since 1.12, and scripts turn
it on with a line as below, by `fp32_precision` since 2.9 and by `allow_tf32` before. A process must not mix the two:
asking the old switch after the new one was set raises an error.

To watch: the tensors say float32 all the while; only the numbers tell. Integers up to 2048 pass through unharmed,
which is why small tests with whole numbers never notice. The flag holds for the whole process and for backward as
much as forward, so it is set around the computing alone and put back before anybody else runs. On a CPU, and on GPUs
before Ampere, it changes nothing.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

Step = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]


@contextmanager
def tf32() -> Iterator[None]:
    """Allow TF32 matrix products inside the block."""
    matmul = torch.backends.cuda.matmul
    switch, on = ("fp32_precision", "tf32") if hasattr(matmul, "fp32_precision") else ("allow_tf32", True)
    before = getattr(matmul, switch)
    setattr(matmul, switch, on)
    try:
        yield
    finally:
        setattr(matmul, switch, before)


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), with TF32 products."""
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()
    for _ in range(steps):
        with tf32():
            loss = ((x @ w + b - y) ** 2).mean()
            grad_w, grad_b = torch.autograd.grad(loss, (w, b))
        yield w, b, grad_w, grad_b, loss
        with torch.no_grad():
            w -= lr * grad_w
            b -= lr * grad_b
    return w, b
