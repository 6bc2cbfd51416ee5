"""A first step that GradScaler skips leaves fused SGD's momentum buffer uninitialised, and the next step reads it.

GradScaler leaves it to fused optimizers to skip a step whose gradients are not finite. SGD makes its buffer all the
same, out of whatever lies in memory. Two steps with a gradient of 1, the first one skipped, leave a parameter of 0 at
-1/2. Exits 1 if one of a hundred parameters is elsewhere. A report on GPUs is LibreYOLO#771.
"""

import sys

import torch


def after_two_steps() -> float:
    """What is farthest from -1/2 of a parameter of 1000 numbers."""
    p = torch.zeros(1000, requires_grad=True)
    p.grad = torch.ones_like(p)
    optimizer = torch.optim.SGD([p], lr=0.5, momentum=0.5, fused=True)
    optimizer.grad_scale, optimizer.found_inf = None, torch.ones(())  # as GradScaler says that there is an infinity
    used = [torch.full_like(p, 7.0) for _ in range(8)]
    del used  # memory that somebody wrote to, as in any program
    optimizer.step()
    optimizer.found_inf = torch.zeros(())
    optimizer.step()
    return p.detach()[(p.detach() + 0.5).abs().argmax()].item()


seen = [after_two_steps() for _ in range(100)]
wrong = [value for value in seen if value != -0.5]
print(f"torch {torch.__version__}: {len(wrong)} of 100 parameters are wrong: {wrong[:1]} for -0.5")
sys.exit(bool(wrong))
