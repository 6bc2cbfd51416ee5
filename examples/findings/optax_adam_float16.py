"""optax's Adam in float16 gives NaN where a gradient is zero, and infinity where it is small (optax#1754).

ε = 1e-8 is zero in float16, and g² below 6e-8 underflows. Exits 1 if a first step is not finite.
"""

import sys

import jax.numpy as jnp
import optax

adam = optax.adam(0.01)
p = jnp.ones(4, jnp.float16)
update, _ = adam.update(jnp.array([1.0, 1e-2, 1e-4, 0.0], jnp.float16), adam.init(p), p)
print(f"optax {optax.__version__}: the step is {[float(u) for u in update]}")
sys.exit(not bool(jnp.isfinite(update).all()))
