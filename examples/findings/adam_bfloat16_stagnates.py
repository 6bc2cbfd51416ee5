"""torch's Adam in bfloat16 stores its second moment in bfloat16, where 0.999 v rounds back to v.

100 gradients of 10 should be forgotten 3000 gradients of 1/8 later, where v is 0.49. In bfloat16 it stays 10, and the
steps 4.5 times too small. Rounding explains each step; what they come to is no moving average. Exits 1 if v is off by a
tenth.
"""

import sys

import torch

seen = {}
for dtype in (torch.float64, torch.bfloat16):
    p = torch.zeros(1, dtype=dtype, requires_grad=True)
    optimizer = torch.optim.Adam([p], foreach=False)
    for step in range(3100):
        p.grad = torch.full_like(p, 10.0 if step < 100 else 0.125)
        optimizer.step()
    seen[dtype] = optimizer.state[p]["exp_avg_sq"].item()
    print(f"torch {torch.__version__}, {dtype}: v = {seen[dtype]:.3g}")
sys.exit(abs(seen[torch.bfloat16] / seen[torch.float64] - 1) > 0.1)
