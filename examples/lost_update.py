# JAX arrays do not change in place: `p -= ...` makes a new array and calls it p.
import jax
import jax.numpy as jnp

x = jnp.linspace(0, 5, 50)
y = 2.3 + 5.1 * x
params = [jnp.array(0.5), jnp.array(-0.5)]
learning_rate = 0.01


def loss(params, x, y):
    w, b = params
    return jnp.mean((w * x + b - y) ** 2)


for _ in range(100):
    grads = jax.grad(loss)(params, x, y)
    for p, g in zip(params, grads, strict=True):
        p -= learning_rate * g
