"""torch.optim.SGD(momentum=…, fused=True) raises a TypeError where a parameter gets its first gradient late.

A layer that is unfrozen, a branch that was not taken: some parameters have momentum buffers already, others have none.
The loop and foreach make the missing one. No silent error: exits 1 if it raises.
"""

import sys

import torch

p, late = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
optimizer = torch.optim.SGD([p, late], lr=0.5, momentum=0.5, fused=True)
p.grad = torch.ones(2)
optimizer.step()
late.grad = torch.ones(2)
try:
    optimizer.step()
except TypeError as error:
    print(f"torch {torch.__version__}: TypeError: {error}")
    sys.exit(1)
print(f"torch {torch.__version__}: {p.tolist()}, {late.tolist()}")
