"""Silent mistakes that belong to JAX."""

import jax
import jax.numpy as jnp


def mse(params, inputs, targets):
    return ((inputs @ params[0] + params[1] - targets) ** 2).mean()


def gd130(inputs, targets, k, m, rate, rounds):
    params = (k, m)

    @jax.jit
    def gradient():
        return jax.grad(mse)(params, inputs, targets)  # the closure is traced once

    for _ in range(rounds):
        g = gradient()
        yield *params, *g
        params = tuple(p - rate * q for p, q in zip(params, g))
    return params


def gd304(inputs, targets, k, m, rate, rounds):
    key, params = jax.random.key(0), (k, m)
    rows = jax.random.choice(key, len(inputs), (16,))
    gradient = jax.jit(jax.grad(mse))
    for _ in range(rounds):  # the key is never split: the same rows at each step
        g = gradient(params, inputs[rows], targets[rows])
        yield *params, *g
        params = tuple(p - rate * q for p, q in zip(params, g))
    return params


def gd307(inputs, targets, k, m, rate, rounds):
    inputs, targets, k, m = (jnp.asarray(v, dtype=jnp.bfloat16) for v in (inputs, targets, k, m))
    params, gradient = (k, m), jax.jit(jax.grad(mse))
    for _ in range(rounds):
        g = gradient(params, inputs, targets)
        yield *params, *g
        params = tuple(p - rate * q for p, q in zip(params, g))
    return params
