"""torch.optim.SGD(fused=True) on a CPU leaves bfloat16 and float16 parameters unmoved (pytorch#191763).

Only what is left over behind the last whole vector of 16 numbers (8 on ARM) is updated. Prints a line for each dtype
and length; exits 1 if a parameter with a gradient stayed where it was.
"""

import sys

import torch


def unmoved(dtype: torch.dtype, length: int) -> int:
    """How many of `length` parameters are still 1 after a step of 1/2 down a slope of 1."""
    p = torch.ones(length, dtype=dtype, requires_grad=True)
    p.grad = torch.ones_like(p)
    torch.optim.SGD([p], lr=0.5, fused=True).step()
    return int((p == 1).sum())


wrong = 0
for dtype in (torch.float32, torch.bfloat16, torch.float16):
    for length in (7, 15, 16, 17, 255):
        count = unmoved(dtype, length)
        wrong += count
        print(f"torch {torch.__version__}, {dtype}: {count} of {length} parameters did not move")
sys.exit(wrong > 0)
