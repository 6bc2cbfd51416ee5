"""SequentialLR around a composite scheduler advances it once too often (pytorch#196243).

Prints the rates of three steps at 0.1, a ConstantLR of 1/2 for two of them inside a SequentialLR inside another; exits
1 if nesting changes them.
"""

import sys
import warnings

import torch
from torch.optim.lr_scheduler import ConstantLR, ExponentialLR, SequentialLR

warnings.simplefilter(
    "ignore", UserWarning
)  # of a step of the schedule before the optimizer's: nesting loses count of it
seen = []
for nested in (False, True):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    optimizer.step()
    schedule = SequentialLR(optimizer, [ConstantLR(optimizer, 0.5, 9), ConstantLR(optimizer, 0.2, 9)], milestones=[2])
    if nested:
        schedule = SequentialLR(optimizer, [schedule, ExponentialLR(optimizer, 0.9)], milestones=[9])
    rates = []
    for _ in range(3):
        rates.append(round(optimizer.param_groups[0]["lr"], 12))
        schedule.step()
    seen.append(rates)
print(f"torch {torch.__version__}: {seen[0]} alone, {seen[1]} nested")
sys.exit(seen[0] != seen[1])
