"""The correct loops that wrong ones are shown beside, and the frame that makes a function of either."""

from __future__ import annotations

import textwrap

TORCH = """
for _ in range(steps):
    loss = ((x @ w + b - y) ** 2).mean()
    loss.backward()
    yield w, b, w.grad, b.grad
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad = None
    b.grad = None
"""

NUMPY = """
for _ in range(steps):
    e = x @ w + b - y
    dw = 2 / y.size * (x.T @ e)
    db = 2 / y.size * e.sum(axis=0)
    yield w, b, dw, db
    w = w - lr * dw
    b = b - lr * db
"""

JAX = """
def loss(w, b):
    return ((x @ w + b - y) ** 2).mean()

for _ in range(steps):
    dw, db = jax.grad(loss, argnums=(0, 1))(w, b)
    yield w, b, dw, db
    w = w - lr * dw
    b = b - lr * db
"""

RIGHT = {"torch": TORCH, "numpy": NUMPY, "jax": JAX}

_HEADS = {
    "torch": """\
import torch

def descend(x, y, w, b, lr, steps):
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()
""",
    "numpy": """\
import numpy as np

def descend(x, y, w, b, lr, steps):
""",
    "jax": """\
import jax
import jax.numpy as jnp

def descend(x, y, w, b, lr, steps):
""",
}


def complete(framework: str, loop: str) -> str:
    """A module's source: `descend(x, y, w, b, lr, steps)` around the loop, which yields before each update."""
    body = textwrap.indent(loop.strip("\n"), "    ")
    end = "" if loop.rstrip().splitlines()[-1].startswith("return") else "    return w, b\n"
    return f"{_HEADS[framework]}{body}\n{end}"
