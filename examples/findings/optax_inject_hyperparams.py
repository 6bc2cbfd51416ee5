"""optax.inject_hyperparams makes float32 arrays of Adam's decay rates, and `1 - b2` loses its digits (optax#1532).

Plain Adam takes `1 - 0.999` in Python's float64. Prints how far their second moments are apart after a step, in
roundings of float32; exits 1 if by more than four. (float64 parameters get float64 hyperparameters in 0.2.8.)
"""

import sys

import jax.numpy as jnp
import optax

moments = []
for adam in (optax.scale_by_adam(), optax.inject_hyperparams(optax.scale_by_adam)()):
    p = jnp.ones(1, jnp.float32)
    _, state = adam.update(jnp.ones(1, jnp.float32), adam.init(p), p)
    moments.append(float(getattr(state, "inner_state", state).nu[0]))
off = abs(moments[1] / moments[0] - 1)
print(f"optax {optax.__version__}: v is off by {off:.1e}, {off * 2**24:.0f} roundings")
sys.exit(off > 4 / 2**24)
