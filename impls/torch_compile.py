"""PyTorch: `torch.compile`, forward and backward as generated code.

The loss is traced once, and both its forward and its backward become kernels that were compiled for these shapes: on
a CPU C++, on a GPU Triton. Reductions are split anew and operations fused, with intermediate results of low precision
kept in float32. The numbers differ from eager mode's in their last bits, and may.

To watch: the compiled code is kept per process and per shape. After a handful of shapes PyTorch gives up on a
function and goes on in eager mode, with no more than a line in the log; a test of the compiler would then no longer
test it. `fullgraph=True` makes that an error, and the reset before each run gives each the whole allowance. The
update is left out of the graph: that is `optim`'s business, here the gradient is on trial.
"""

import warnings
from collections.abc import Generator

import torch
from torch import Tensor

Step = tuple[Tensor, Tensor, Tensor | None, Tensor | None, Tensor]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]


def mean_square(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return mean((x @ w + b - y)**2)."""
    return ((x @ w + b - y) ** 2).mean()


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise `mean_square`, x (N, d), y (N, m), w (d, m), b (m,), compiled."""
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()
    torch.compiler.reset()
    compiled = torch.compile(mean_square, fullgraph=True)
    for _ in range(steps):
        with warnings.catch_warnings():
            # The compiler's first use imports parts of PyTorch 2.13 that use what PyTorch calls deprecated, on Python
            # 3.14 unsupported.
            warnings.filterwarnings("ignore", message="`torch.jit.script")
            # On a GPU it recommends TF32, which is exactly what float32 must not mean here.
            warnings.filterwarnings("ignore", message="TensorFloat32 tensor cores")
            loss = compiled(w, b, x, y)
            loss.backward()
        yield w, b, w.grad, b.grad, loss
        with torch.no_grad():
            for p in (w, b):
                assert p.grad is not None  # backward() has just filled it
                p -= lr * p.grad
                p.grad = None  # or the next backward() adds to it
    return w, b
