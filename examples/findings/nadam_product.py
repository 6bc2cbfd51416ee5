"""torch's NAdam keeps the product of its momenta in float32 whatever the parameters' dtype, float64 included.

Prints how far the product is from the exact one after 10 steps, and that `load_state_dict` makes it float64: a run that
is resumed goes on with other numbers than the one that was not interrupted. Exits 1 if the product is off by more than
float64's rounding.
"""

import sys

import torch

p = torch.ones(1, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.NAdam([p])
exact = 1.0
for step in range(1, 11):
    p.grad = torch.ones_like(p)
    optimizer.step()
    exact *= 0.9 * (1 - 0.5 * 0.96 ** (step * 0.004))
off = optimizer.state[p]["mu_product"].item() / exact - 1
print(f"torch {torch.__version__}: mu_product is {optimizer.state[p]['mu_product'].dtype}, off by {abs(off):.1e}")
again = torch.optim.NAdam([p])
again.load_state_dict(optimizer.state_dict())
print(f"after load_state_dict it is {again.state[p]['mu_product'].dtype}")
sys.exit(abs(off) > 1e-14)
