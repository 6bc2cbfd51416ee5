"""torch.optim.SGD(nesterov=True, foreach=True) overwrites `p.grad`; `foreach=False` does not.

Without weight decay the list of gradients is not copied, and `g + μ v` is added in place: what reads the gradient
after the step (its norm, an accumulation, a second optimizer) gets another one. Exits 1 if the gradient changed.
"""

import sys

import torch

changed = {}
for foreach in (False, True):
    p = torch.ones(1, requires_grad=True)
    p.grad = torch.ones(1)
    torch.optim.SGD([p], lr=0.1, momentum=0.9, nesterov=True, foreach=foreach).step()
    changed[foreach] = p.grad.item()
    print(f"torch {torch.__version__}, foreach={foreach}: a gradient of 1 is {changed[foreach]:.1f} after the step")
sys.exit(changed[True] != 1)
