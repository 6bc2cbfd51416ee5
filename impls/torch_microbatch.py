"""PyTorch: gradient accumulation over micro-batches of unequal size.

For batches that do not fit into memory: several small backwards add up in `.grad`, then comes one update. This is the
one use for which PyTorch does not clear gradients by itself.

To watch: the mean over N rows is not the mean of the micro-batches' means unless they are equally long, and the last
one seldom is. Each counts with n_i / N:

    L = sum_i (n_i / N) L_i      and so      dL = sum_i (n_i / N) dL_i

which is to say: sum over the rows of each, and divide by the number of *all* rows. Dividing by the number of
micro-batches instead gives the rows of the short ones more say; language-model trainers carried that mistake for
years, with tokens for rows. The sum is taken in float32 at least, since that of float16 squares soon passes 65504.
What accumulation adds in rounding is one per micro-batch, in `.grad`, and in bfloat16 that is where small
contributions get lost.
"""

from collections.abc import Generator
from itertools import pairwise

import torch
from torch import Tensor

Step = tuple[Tensor, Tensor, Tensor | None, Tensor | None, Tensor]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]


def micro_batches(rows: int) -> list[slice]:
    """Cut rows into up to three parts of different length: about a half, a third and a sixth, none empty."""
    cuts = [0, rows // 2, rows // 2 + rows // 3, rows]
    return [slice(start, stop) for start, stop in pairwise(cuts) if start < stop]


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), some rows at a time."""
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()
    batches = micro_batches(len(x))
    wide = torch.promote_types(x.dtype, torch.float32)
    for _ in range(steps):
        w.grad = b.grad = None  # once per update, not once per micro-batch
        loss = torch.zeros((), dtype=wide, device=x.device)
        for rows in batches:
            part = ((x[rows] @ w + b - y[rows]) ** 2).sum(dtype=wide) / y.numel()
            part.backward()
            loss += part.detach()
        yield w, b, w.grad, b.grad, loss.to(x.dtype)
        with torch.no_grad():
            for p in (w, b):
                assert p.grad is not None  # the backwards have just filled it
                p -= lr * p.grad
    return w, b
