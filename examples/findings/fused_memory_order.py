"""torch's fused optimizers on a CPU pair parameter and gradient by their order in memory, not by index.

A contiguous parameter with a transposed gradient, which holds the same numbers, moves by the wrong entries. Nothing is
raised, float64 included. (Of an expanded gradient, which has one number in memory, they read beyond its end.) Prints
the parameter after a step; exits 1 if it is not the one that `fused=False` gives.
"""

import sys

import torch

wrong = 0
for name in ("SGD", "Adagrad", "Adam", "AdamW"):
    after = []
    for fused in (False, True):
        p = torch.zeros(2, 2, dtype=torch.float64, requires_grad=True)
        optimizer = getattr(torch.optim, name)([p], lr=1.0, fused=fused)
        for rows in ([[0.0, 1.0], [2.0, 3.0]], [[5.0, 1.0], [-2.0, 3.0]]):
            p.grad = torch.tensor(rows, dtype=torch.float64).t().contiguous().t()
            optimizer.step()
        after.append(p.detach())
    count = int((~torch.isclose(*after, rtol=1e-12)).sum())
    wrong += count
    print(f"torch {torch.__version__}, {name}: {count} of 4 entries are wrong")
    print(f"  {after[1].tolist()} for {after[0].tolist()}")
sys.exit(wrong > 0)
