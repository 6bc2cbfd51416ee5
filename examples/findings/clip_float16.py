"""clip_grad_norm_ makes finite float16 gradients zero where their norm is above 65504.

The norm is stored in float16, is infinite there, and the factor max_norm/inf is zero. Exits 1 if two gradients of
60000 clipped to a norm of 1 are not 0.707.
"""

import sys

import torch

p = torch.zeros(2, dtype=torch.float16, requires_grad=True)
p.grad = torch.full_like(p, 60000.0)
norm = torch.nn.utils.clip_grad_norm_([p], max_norm=1.0)
print(f"torch {torch.__version__}: the norm of {[60000.0] * 2} is {norm.item()}, clipped to {p.grad.tolist()}")
sys.exit(p.grad[0].item() == 0)
