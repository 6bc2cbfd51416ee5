"""PyTorch on CUDA: the whole step captured in a CUDA graph, then replayed.

A small step spends its time launching kernels. A capture records the launches once, gradient and update included, and
a replay starts them all with one call: the same kernels on the same addresses, without Python, autograd or a
dispatcher.

To watch: *the same addresses*. Everything that goes in or out lives in static tensors, an update must write in place
(a rebound `w = w - ...` would leave the graph reading the old one for ever), and every replay overwrites the last
one's results: copy what you keep. Python numbers such as lr are frozen in. What a library sets up at its first call
must not fall into the capture, so the step runs three times before it, on a side stream, and the parameters are put
back. A replay checks nothing: shape, address, even an exception raised by the Python code are all matters of the
capture.
"""

from collections.abc import Generator

import torch
from torch import Tensor

Step = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), all on CUDA, by replays."""
    if x.device.type != "cuda":
        raise ValueError(f"a CUDA graph needs tensors on a CUDA device, but x is on {x.device}")
    start = w, b
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()

    def step() -> Step:
        loss = ((x @ w + b - y) ** 2).mean()
        grad_w, grad_b = torch.autograd.grad(loss, (w, b))
        with torch.no_grad():
            before = w.clone(), b.clone()
            w.sub_(lr * grad_w)
            b.sub_(lr * grad_b)
        return *before, grad_w, grad_b, loss.detach()

    with torch.cuda.device(x.device):
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                step()
        torch.cuda.current_stream().wait_stream(side)
        with torch.no_grad():
            w.copy_(start[0])
            b.copy_(start[1])
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            static = step()  # recorded, not executed: w and b have not moved
    for _ in range(steps):
        with torch.cuda.device(x.device):
            graph.replay()
        yield static
    return w, b
