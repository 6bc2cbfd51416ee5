"""GradScaler.unscale_ multiplies float64 gradients by a reciprocal that was rounded to float32.

With a scale that is no power of two, as a growth_factor other than 2 makes it, they are single precision. Exits 1 if a
gradient of 3 under a scale of 1000 is off by more than float64's rounding.
"""

import sys

import torch

p = torch.zeros(1, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.SGD([p], lr=1.0)
scaler = torch.amp.GradScaler("cpu", init_scale=1000.0)
scaler.scale((3 * p).sum()).backward()
scaler.unscale_(optimizer)
off = abs(p.grad.item() - 3)
print(f"torch {torch.__version__}: a gradient of 3 is off by {off:.1e}")
sys.exit(off > 1e-14)
