"""PyTorch: automatic mixed precision, bfloat16 products over float32 weights.

The usual way to train on anything with tensor cores. Inside `autocast` matrix products take bfloat16 copies of their
operands; weights, gradients and updates stay in float32, so that updates smaller than bfloat16's spacing still count.
bfloat16 has float32's range, and no scaling of the loss is needed.

To watch: what is rounded. x and w, and the product x @ w, are held in 8 bits; adding the float32 bias brings the rest
of the forward back to float32; on the way back the product's gradient is rounded to bfloat16 once more, and the
gradient of w comes out of a bfloat16 product. The gradient of b never was in bfloat16. Backward belongs outside
`autocast`, and so does the `yield`: autocast is a state of the thread, and the caller would get it too.
"""

from collections.abc import Generator

import torch
from torch import Tensor

Step = tuple[Tensor, Tensor, Tensor | None, Tensor | None, Tensor]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), all float32, in mixed precision."""
    if w.dtype != torch.float32:
        raise ValueError(f"mixed precision keeps its master weights in float32, but w is {w.dtype}")
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()
    for _ in range(steps):
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            loss = ((x @ w + b - y) ** 2).mean()
        loss.backward()
        yield w, b, w.grad, b.grad, loss
        with torch.no_grad():
            for p in (w, b):
                assert p.grad is not None  # backward() has just filled it
                p -= lr * p.grad
                p.grad = None  # or the next backward() adds to it
    return w, b
