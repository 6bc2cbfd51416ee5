"""optax.ema and optax.adam's moments in bfloat16 never decay: a decay of 0.999 is rounded to 1.

The mean of 3000 ones, debiased, is 1. Exits 1 if it is off by a tenth or more.
"""

import sys

import jax
import jax.numpy as jnp
import optax

ema = optax.ema(0.999)
ones = jnp.ones(1, jnp.bfloat16)
state, update, mean = ema.init(ones), jax.jit(ema.update), ones
for _ in range(3000):
    mean, state = update(ones, state)
print(f"optax {optax.__version__}: the mean of 3000 ones is {float(mean[0]):.2f}")
sys.exit(abs(float(mean[0]) - 1) > 0.1)
