"""optax.clip_by_global_norm makes finite gradients zero where the sum of their squares overflows their dtype.

In float16 that is from a norm of 256 on, in float32 from 1.8e19. Below the root of the smallest number nothing is
clipped. Exits 1 if two float16 gradients of 300, clipped to a norm of 1, are zero and not 0.707.
"""

import sys

import jax.numpy as jnp
import optax

clipped, _ = optax.clip_by_global_norm(1.0).update(jnp.full(2, 300.0, jnp.float16), optax.EmptyState())
print(f"optax {optax.__version__}: [300, 300] clipped to a norm of 1 is {[float(c) for c in clipped]}")
sys.exit(float(clipped[0]) == 0)
