"""A first step that GradScaler skips leaves fused SGD's momentum buffer uninitialised, and the next step reads it.

GradScaler leaves it to fused optimizers to skip a step whose gradients are not finite. SGD makes its buffer all the
same, out of whatever lies in memory. Two steps, the first one skipped, then a gradient of 1; exits 1 if the parameter
is not where one step takes it. Seen in bfloat16 and float16 too; a report on GPUs is LibreYOLO#771.
"""

import sys

import torch

lost = [torch.full((64,), 7.0) for _ in range(64)]  # freed, so that what is allocated next is not zero by luck
p = torch.zeros(64, requires_grad=True)
optimizer = torch.optim.SGD([p], lr=0.5, momentum=0.5, fused=True)
scaler = torch.amp.GradScaler("cpu", init_scale=1.0)
del lost
for gradient in (float("inf"), 1.0):
    scaler.scale(torch.zeros(()))
    p.grad = torch.full_like(p, gradient)
    scaler.step(optimizer)
    scaler.update()
    scaler.load_state_dict({**scaler.state_dict(), "scale": 1.0})
count = int((p != -0.5).sum())
print(f"torch {torch.__version__}: {count} of 64 parameters are wrong, p[0] = {p[0].item():.3g} for -0.5")
sys.exit(count > 0)
