"""CosineAnnealingWarmRestarts.step(epoch) gives the lowest rate where a restart should give the highest.

It finds the restart by `int(log(…, T_mult))`, and the logarithm rounds below the whole number: log(243, 3) is
4.999999999999999. With T_0 = 1 and T_mult = 3 that happens at epoch 121, with T_mult = 10 at epoch 111. `step()` counts
and is right. Exits 1 if the two differ.
"""

import sys

import torch

wrong = False
for factor, epoch in ((3, 121), (10, 111)):
    rates = []
    for counts in (True, False):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        schedule = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=1, T_mult=factor)
        optimizer.step()
        for _ in range(epoch if counts else 0):
            schedule.step()
        if not counts:
            schedule.step(epoch)
        rates.append(optimizer.param_groups[0]["lr"])
    wrong |= rates[0] != rates[1]
    print(f"torch {torch.__version__}, T_mult={factor}: lr = {rates[1]} for {rates[0]} at epoch {epoch}")
sys.exit(wrong)
