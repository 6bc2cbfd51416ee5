"""torch's Adam, AdamW, RMSprop and NAdam in float16 make parameters infinite or NaN where a gradient is small.

ε = 1e-8 is zero in float16 and g² below 6e-8 underflows: a gradient of 1e-4 is divided by zero, one of 0 is 0/0. The
fused ones compute in float32 and stay finite. Prints how many of 4 parameters are not finite; exits 1 if any.
"""

import sys

import torch

wrong = 0
for name in ("Adam", "AdamW", "RMSprop", "NAdam", "Adagrad", "Adamax"):
    for mode in ({"foreach": False}, {"foreach": True}, {"fused": True}):
        if mode.get("fused") and name in ("RMSprop", "NAdam", "Adamax"):
            continue
        p = torch.ones(4, dtype=torch.float16, requires_grad=True)
        p.grad = torch.tensor([1.0, 1e-2, 1e-4, 0.0], dtype=torch.float16)
        getattr(torch.optim, name)([p], lr=0.01, **mode).step()
        count = int((~p.isfinite()).sum())
        wrong += count
        print(f"torch {torch.__version__}, {name}, {mode}: {count} of 4 parameters are not finite: {p.tolist()}")
sys.exit(wrong > 0)
