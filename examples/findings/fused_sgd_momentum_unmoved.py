"""torch.optim.SGD(momentum=…, fused=True) on a CPU leaves bfloat16 and float16 parameters unmoved (pytorch#192545).

Prints how many of 33 parameters a step of 1/2 down a slope of 1 does not move; exits 1 if there are any.
"""

import sys

import torch

wrong = 0
for dtype in (torch.float32, torch.bfloat16, torch.float16):
    p = torch.ones(33, dtype=dtype, requires_grad=True)
    p.grad = torch.ones_like(p)
    torch.optim.SGD([p], lr=0.5, momentum=0.5, fused=True).step()
    count = int((p == 1).sum())
    wrong += count
    print(f"torch {torch.__version__}, {dtype}: {count} of 33 parameters did not move")
sys.exit(wrong > 0)
