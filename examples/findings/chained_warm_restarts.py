"""ChainedScheduler with warm restarts undoes the other scheduler's factor (pytorch#129565).

CosineAnnealingWarmRestarts computes from the initial rate, whatever the rate is now. Exits 1 if a factor of 1/2 for all
nine steps does not show at any of them.
"""

import sys

import torch
from torch.optim.lr_scheduler import ChainedScheduler, ConstantLR, CosineAnnealingWarmRestarts

optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
phases = [ConstantLR(optimizer, factor=0.5, total_iters=99), CosineAnnealingWarmRestarts(optimizer, T_0=4)]
schedule = ChainedScheduler(phases)
optimizer.step()
rates = []
for _ in range(9):
    rates.append(round(optimizer.param_groups[0]["lr"], 4))
    schedule.step()
print(f"torch {torch.__version__}: {rates}; half of 0.1 is at most 0.05")
sys.exit(max(rates) > 0.05)
