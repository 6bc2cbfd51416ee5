"""optax's Adam in float32 takes `1 - b2**t` in float32, where next to nothing of it is left when b2 is near 1.

The first step of Adam is lr, whatever the gradient. Prints how far it is off for each b2; exits 1 if one is off by more
than a hundred roundings of float32, 6e-6. Python's float64, as torch takes, costs nothing.
"""

import sys

import jax.numpy as jnp
import optax

worst = 0.0
for b2 in (0.99, 0.999, 0.9999, 0.99999):
    adam = optax.adam(1.0, b2=b2, eps=0.0)
    p = jnp.ones(1, jnp.float32)
    update, _ = adam.update(jnp.full(1, 0.25, jnp.float32), adam.init(p), p)
    worst = max(worst, abs(float(update[0]) + 1))
    print(f"optax {optax.__version__}, b2={b2}: the first step is off by {abs(float(update[0]) + 1):.1e}")
sys.exit(worst > 6e-6)
