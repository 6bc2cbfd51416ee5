"""optax.exponential_decay rounds its decay_rate to float32 before it takes a large power, with jax_enable_x64 too.

Exits 1 if the rate after 100000 steps of 0.9999 is off by more than a part in ten thousand.
"""

import sys

import jax
import jax.numpy as jnp
import optax

jax.config.update("jax_enable_x64", True)
rate = optax.exponential_decay(1.0, transition_steps=1, decay_rate=0.9999)(jnp.asarray(100_000, jnp.int32))
off = abs(float(rate) / 0.9999**100_000 - 1)
print(f"optax {optax.__version__}: off by {off:.1e} of the rate")
sys.exit(off > 1e-4)
