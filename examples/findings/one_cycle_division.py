"""OneCycleLR divides by zero where a phase has no length: `total_steps=10, pct_start=0.1`.

The first phase ends at step `0.1 * 10 - 1 = 0`. No silent error: exits 1 if it raises (see pytorch#180187).
"""

import sys

import torch

optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1, momentum=0.9)
try:
    torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=10, pct_start=0.1)
except ZeroDivisionError as error:
    print(f"torch {torch.__version__}: ZeroDivisionError: {error}")
    sys.exit(1)
print(f"torch {torch.__version__}: lr = {optimizer.param_groups[0]['lr']}")
