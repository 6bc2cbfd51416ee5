"""PyTorch: automatic mixed precision in float16, with a `GradScaler`.

float16 has three bits more than bfloat16 and a far smaller range: gradients under 6e-8 vanish, values over 65504 are
infinite. So the loss is multiplied by a large power of two before backward and the gradients are divided by it after,
which is exact as long as nothing leaves the range. If something does, the scaler skips the update and halves the
scale.

To watch: a skipped update is no step of gradient descent. Counting it as one, or letting a learning-rate schedule
count it, shifts everything after; here it is repeated until it fits, and only then reported. Gradients must be
unscaled before anybody looks at them: for clipping, for logging, or here.
"""

from collections.abc import Generator

import torch
from torch import Tensor

Step = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), all float32, in mixed precision."""
    if w.dtype != torch.float32:
        raise ValueError(f"mixed precision keeps its master weights in float32, but w is {w.dtype}")
    device = x.device.type
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()
    optimizer = torch.optim.SGD([w, b], lr=lr)
    scaler = torch.amp.GradScaler(device)
    done = 0
    while done < steps:
        optimizer.zero_grad()
        with torch.autocast(device, dtype=torch.float16):
            loss = ((x @ w + b - y) ** 2).mean()
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        grad_w, grad_b = w.grad, b.grad
        assert grad_w is not None  # backward() has just filled both
        assert grad_b is not None
        fits = bool(grad_w.isfinite().all() & grad_b.isfinite().all())
        if fits or scaler.get_scale() < 1:  # what overflows unscaled is no matter of scaling: report it
            yield w, b, grad_w, grad_b, loss
            done += 1
        scaler.step(optimizer)  # does nothing where a gradient overflowed
        scaler.update()  # halves the scale after an overflow, doubles it after 2000 steps without
    return w, b
