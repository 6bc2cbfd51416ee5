"""CosineAnnealingLR with the rate in a tensor loses digits beyond T_max: its recursion amplifies float32's rounding.

Each rate is the last one times a quotient that is as small as (π/T_max)²/4 at the turn. With T_max = 10000 the
float32 rates on the way up are off by more than one part in a thousand; exits 1 if so.
"""

import math
import sys

import torch

T, lowest = 10_000, 0.1
optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=torch.tensor(1.0), foreach=False)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T, eta_min=lowest)
optimizer.step()
worst = 0.0
for step in range(1, 2 * T):
    schedule.step()
    exact = lowest + (1 - lowest) * (1 + math.cos(math.pi * step / T)) / 2
    worst = max(worst, abs(optimizer.param_groups[0]["lr"].item() / exact - 1))
print(f"torch {torch.__version__}: off by {worst:.1e} of the rate")
sys.exit(worst > 1e-3)
