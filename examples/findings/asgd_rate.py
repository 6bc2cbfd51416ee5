"""torch's ASGD keeps its step size and averaging weight in float32 whatever the parameters' dtype, float64 included.

Exits 1 if the step size after 100 steps is off by more than float64's rounding.
"""

import sys

import torch

wrong = False
for foreach in (False, True):
    p = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.ASGD([p], lr=0.1, lambd=0.01, alpha=0.75, foreach=foreach)
    for _ in range(100):
        p.grad = torch.ones_like(p)
        optimizer.step()
    off = abs(optimizer.state[p]["eta"].item() / (0.1 / (1 + 0.01 * 0.1 * 100) ** 0.75) - 1)
    wrong |= off > 1e-14
    print(f"torch {torch.__version__}, foreach={foreach}: eta is off by {off:.1e}")
sys.exit(wrong)
