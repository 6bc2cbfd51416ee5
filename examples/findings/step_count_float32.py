"""torch's optimizers count steps in float32, which cannot count beyond 2^24 = 16777216.

Adagrad's lr_decay and ASGD's step size and average depend on the count for ever: from there on they stay as they are.
Begins a hundred steps below; exits 1 if a hundred and fifty steps later the count is wrong.
"""

import sys

import torch

wrong = False
for name, options in (("Adagrad", {"lr_decay": 1e-6}), ("ASGD", {"t0": 1.0})):
    p = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, name)([p], **options)
    p.grad = torch.ones_like(p)
    optimizer.step()
    optimizer.state[p]["step"].fill_(2**24 - 100)
    for _ in range(150):
        optimizer.step()
    count = int(optimizer.state[p]["step"].item())
    wrong |= count != 2**24 + 50
    print(f"torch {torch.__version__}, {name}: the count is {count} for {2**24 + 50}")
sys.exit(wrong)
