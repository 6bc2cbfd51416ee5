"""A OneCycleLR later in a SequentialLR changes the rates of the phases before it.

Making it overwrites `initial_lr`, from which SequentialLR starts: with lr = 0.1 a first phase of half the rate trains
at 0.02, not 0.05. Exits 1 if so. The kind was reported as pytorch#72874, mended for other schedulers.
"""

import sys

import torch
from torch.optim.lr_scheduler import ConstantLR, OneCycleLR, SequentialLR

optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1, momentum=0.9)
phases = [ConstantLR(optimizer, factor=0.5, total_iters=9), OneCycleLR(optimizer, max_lr=1.0, total_steps=4)]
SequentialLR(optimizer, phases, milestones=[3])
lr = optimizer.param_groups[0]["lr"]
print(f"torch {torch.__version__}: the first phase has lr = {lr:.2f} for 0.05")
sys.exit(abs(lr - 0.05) > 1e-12)
