"""torch.optim.SGD(fused=True) on a CPU takes a parameter for contiguous that is a strided view.

It walks through memory from the parameter's first number on, so that most of the parameter stays where it was, and
numbers that lie between belong to something else and are overwritten. Raises nothing, in any dtype; `fused=False`
does it right. Prints both; exits 1 if they differ.
"""

import sys

import torch


def after_one_step(fused: bool) -> torch.Tensor:
    """Every other number of a table of ones is a parameter; a step of 1/2 down a slope of 1 leaves them at 1/2."""
    table = torch.ones(2, 6)
    p = table[:, ::2].requires_grad_()
    p.sum().backward()
    torch.optim.SGD([p], lr=0.5, fused=fused).step()
    return table


right, got = after_one_step(fused=False), after_one_step(fused=True)
print(f"torch {torch.__version__}: the whole table, whose columns 0, 2 and 4 are the parameter")
print(f"fused=False:\n{right}\nfused=True:\n{got}")
sys.exit(not torch.equal(right, got))
