"""A learning rate given as a tensor, whose default dtype is float32, makes torch's float64 Adam single precision.

`lr / (1 - β1^t)` is computed in the tensor's dtype, as the rate 1/4, which float32 holds exactly, shows. Exits 1 if
the parameters after 3 steps are not those that the float 1/4 gives.
"""

import sys

import torch

wrong = False
for name in ("Adam", "AdamW", "Adamax", "NAdam"):
    after = []
    for lr in (0.25, torch.tensor(0.25)):
        p = torch.ones(1, dtype=torch.float64, requires_grad=True)
        optimizer = getattr(torch.optim, name)([p], lr=lr, foreach=False)
        for step in range(3):
            p.grad = torch.full_like(p, 1.0 + step)
            optimizer.step()
        after.append(p.item())
    off = abs(after[1] - after[0])
    wrong |= off > 1e-14
    print(f"torch {torch.__version__}, {name}: off by {off:.1e} after 3 steps")
sys.exit(wrong)
