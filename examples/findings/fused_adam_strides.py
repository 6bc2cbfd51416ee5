"""torch's fused Adam, AdamW and Adagrad on a CPU take a parameter for contiguous that is a strided view.

As `fused_sgd_strides.py` shows of SGD: they walk memory from the parameter's first number on, and overwrite what lies
between. Prints how many of a table's 12 numbers are wrong; exits 1 if any is.
"""

import sys

import torch

wrong = 0
for name in ("Adam", "AdamW", "Adagrad"):
    tables = []
    for fused in (False, True):
        table = torch.ones(2, 6, dtype=torch.float64)
        p = table[:, ::2].requires_grad_()
        p.grad = torch.ones_like(p)
        getattr(torch.optim, name)([p], lr=0.5, fused=fused).step()
        tables.append(table)
    count = int((~torch.isclose(*tables, rtol=1e-12)).sum())
    wrong += count
    print(f"torch {torch.__version__}, {name}, float64: {count} of 12 numbers are wrong")
sys.exit(wrong > 0)
