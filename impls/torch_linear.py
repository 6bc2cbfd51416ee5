"""PyTorch: `nn.Linear`, `nn.MSELoss` and `optim.SGD`, all at their defaults.

The idiomatic loop, the one from the tutorials. Nothing of the mathematics is written by hand any more, and with it go
most of the ways to get it wrong.

To watch: `nn.Linear` keeps its weight as (out, in), the transpose of the `w` in `x @ w`; what is reported here is
turned back. Its bias is added inside the matrix product (`addmm`), so that low precisions round once where `x @ w +
b` rounds twice. And its constructor draws random numbers: `skip_init` leaves the process's generator, on which the
caller's own seeds depend, alone.
"""

from collections.abc import Generator

import torch
from torch import Tensor, nn

Step = tuple[Tensor, Tensor, Tensor | None, Tensor | None, Tensor]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), with the parts of torch.nn."""
    d, m = w.shape
    model = nn.utils.skip_init(nn.Linear, d, m, device=x.device, dtype=x.dtype)
    with torch.no_grad():
        model.weight.copy_(w.T)
        model.bias.copy_(b)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        grad = model.weight.grad
        assert grad is not None  # backward() has just filled it
        yield model.weight.T, model.bias, grad.T, model.bias.grad, loss
        optimizer.step()
    return model.weight.T, model.bias
