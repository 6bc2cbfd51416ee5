"""Optimizers in the three forms that `check --as` takes: right ones, and the catalogue's mistakes written otherwise."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

IMPORTS = {
    "torch": "import torch",
    "jax": "import jax\nimport jax.numpy as jnp\nimport optax",
    "numpy": "import numpy as np",
}


def made(text: str, framework: str) -> Any:
    """What the last statement of a piece of code defines."""
    pytest.importorskip("optax" if framework == "jax" else framework)
    importlib.import_module(framework)
    module: dict[str, Any] = {}
    exec(compile(f"{IMPORTS[framework]}\n{text}", "<optimizer>", "exec"), module)
    return list(module.values())[-1]


# As a textbook has it, its state where nobody can read it.
TEXTBOOK = """
def make(lr=0.01, b1=0.9, b2=0.999, eps=1e-8):
    kept = {}
    def step(params, grads, state):
        for name, g in grads.items():
            m, v, t = kept.get(name, (0, 0, 0))
            m, v, t = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2, t + 1
            kept[name] = m, v, t
            params[name] -= lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
        return params
    return step
step = make()
"""
# The corrections in the rate, averages by differences, state by name.
FOLDED = """
def step(params, grads, state, lr=0.01, b1=0.9, b2=0.999, eps=1e-8):
    if state is None:
        state = {name: {"exp_avg": 0 * p, "exp_avg_sq": 0 * p, "t": 0} for name, p in params.items()}
    for name, g in grads.items():
        s = state[name]
        s["t"] += 1
        root = (1 - b2 ** s["t"]) ** 0.5
        s["exp_avg"] = s["exp_avg"] + (1 - b1) * (g - s["exp_avg"])
        s["exp_avg_sq"] = s["exp_avg_sq"] + (1 - b2) * (g * g - s["exp_avg_sq"])
        rate = lr * root / (1 - b1 ** s["t"])
        params[name] -= (rate * s["exp_avg"] / (np.sqrt(s["exp_avg_sq"]) + eps * root)).astype(g.dtype)
    return params, state
"""
TORCH = "def make(params):\n    return torch.optim.{}\n"
OPTAX = "def make():\n    return optax.{}\n"
SGD = """
def step(params, grads, state, lr=0.01, momentum=0.9):
    state = state or {}
    for name, g in grads.items():
        state[name] = momentum * state[name] + g if name in state else g
        params[name] = (params[name] - lr * state[name]).astype(g.dtype)
    return params, state
"""
# It multiplies what it was handed.
SCALED = """
def step(params, grads, state):
    for name in params:
        grads[name] *= 0.01
        params[name] -= grads[name]
    return params
"""

# By name: what it is, and in which framework; and the code.
RIGHT: dict[str, tuple[str, str, str]] = {
    "numpy textbook": ("adam(lr=0.01)", "numpy", TEXTBOOK),
    "numpy folded": ("adam(lr=0.01)", "numpy", FOLDED),
    "numpy sgd": ("sgd(lr=0.01, momentum=0.9)", "numpy", SGD),
    "torch loop": ("adam(lr=0.01)", "torch", TORCH.format("Adam(params, lr=0.01, foreach=False)")),
    "torch foreach": ("adam(lr=0.01)", "torch", TORCH.format("Adam(params, lr=0.01, foreach=True)")),
    "torch amsgrad": (
        "adam(lr=0.001, amsgrad=True, weight_decay=0.1)",
        "torch",
        TORCH.format("Adam(params, amsgrad=True, weight_decay=0.1)"),
    ),
    "torch adamw": ("adamw(lr=0.01)", "torch", TORCH.format("AdamW(params, lr=0.01)")),
    "torch sgd": (
        "sgd(lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.1)",
        "torch",
        TORCH.format("SGD(params, lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.1)"),
    ),
    "torch no groups": (
        "sgd(lr=0.01)",
        "torch",
        "def make(params):\n    return torch.optim.SGD([p for p in params if p.requires_grad], lr=0.01)\n",
    ),
    **{
        f"torch {name}": (f"{name.lower()}(lr=0.01)", "torch", TORCH.format(f"{name}(params, lr=0.01)"))
        for name in ("RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "Rprop", "ASGD")
    },
    "torch rmsprop centered": (
        "rmsprop(lr=0.01, centered=True, momentum=0.9)",
        "torch",
        TORCH.format("RMSprop(params, lr=0.01, centered=True, momentum=0.9)"),
    ),
    **{
        f"optax {name}": (f"optax.{name}(learning_rate=0.01)", "jax", OPTAX.format(f"{name}(0.01)"))
        for name in ("rmsprop", "adagrad", "adadelta", "adamax", "nadam", "radam", "amsgrad", "lion", "adamw")
    },
    "optax": ("adam(lr=0.01)", "jax", OPTAX.format("adam(0.01)")),
    "optax chain": ("adam(lr=0.01)", "jax", OPTAX.format("chain(optax.scale_by_adam(), optax.scale(-0.01))")),
    "optax adamw": ("adamw(lr=0.01, weight_decay=0.1)", "jax", OPTAX.format("adamw(0.01, weight_decay=0.1)")),
    "optax sgd": ("sgd(lr=0.01, momentum=0.9)", "jax", OPTAX.format("sgd(0.01, momentum=0.9)")),
    "optax object": ("sgd(lr=0.01)", "jax", "made = optax.sgd(0.01)\n"),
}


def changed(text: str, *pairs: tuple[str, str]) -> str:
    """The code with things replaced."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


# By code: what is meant, in which framework it is written, in another form than the catalogue's; and the code.
WRONG: dict[str, list[tuple[str, str, str]]] = {
    "GD601": [
        ("adam(lr=0.01)", "numpy", changed(TEXTBOOK, ("b2=0.999", "b2=0.99"))),
        ("adam(lr=0.01)", "jax", OPTAX.format("adam(0.01, eps=1e-6)")),
        ("adam(lr=0.01)", "jax", OPTAX.format("adam(0.003)")),
        ("adam(lr=0.01)", "numpy", changed(FOLDED, ("b1=0.9,", "b1=0.95,"))),
        ("adamw(lr=0.01)", "jax", OPTAX.format("adamw(0.01, weight_decay=0.05)")),
        ("sgd(lr=0.01, momentum=0.9)", "numpy", changed(SGD, ("momentum=0.9", "momentum=0.8"))),
    ],
    "GD602": [
        ("adam(lr=0.01)", "jax", OPTAX.format("adam(0.01, eps=0.0, eps_root=1e-8)")),
        ("adam(lr=0.01)", "numpy", changed(FOLDED, (" + eps * root", " + eps"))),
    ],
    "GD603": [("adam(lr=0.01)", "numpy", changed(TEXTBOOK, ("(m / (1 - b1**t))", "m"), ("v / (1 - b2**t)", "v")))],
    "GD604": [
        ("adam(lr=0.01)", "numpy", changed(FOLDED, ('s["t"] += 1', 's["t"] += 1 if s["t"] else 2'))),
        ("adam(lr=0.01)", "numpy", changed(TEXTBOOK, ("b1**t", "b1**max(t - 1, 1)"), ("b2**t", "b2**max(t - 1, 1)"))),
    ],
    "GD605": [
        ("adam(lr=0.01, weight_decay=0.1)", "jax", OPTAX.format("adamw(0.01, weight_decay=0.1)")),
        (
            "adamw(lr=0.01, weight_decay=0.1)",
            "jax",
            OPTAX.format("chain(optax.add_decayed_weights(0.1), optax.adam(0.01))"),
        ),
    ],
    "GD606": [
        ("adam(lr=0.01)", "jax", OPTAX.format("chain(optax.scale_by_adam(), optax.scale(0.01))")),
        ("adam(lr=0.01)", "torch", TORCH.format("Adam(params, lr=0.01, maximize=True)")),
    ],
    "GD607": [
        (
            "sgd(lr=0.01, momentum=0.9)",
            "jax",
            OPTAX.format("chain(optax.scale(-0.01), optax.trace(decay=0.9))"),
        ),
    ],
    "GD608": [
        (
            "sgd(lr=0.01, momentum=0.9)",
            "numpy",
            changed(SGD, ("+ g if", "+ (1 - momentum) * g if")),
        ),
    ],
    "GD609": [("sgd(lr=0.01, momentum=0.9)", "jax", OPTAX.format("sgd(0.01, momentum=0.9, nesterov=True)"))],
    "GD610": [
        (
            "adam(lr=0.01, amsgrad=True)",
            "numpy",
            changed(
                TEXTBOOK,
                ("(0, 0, 0)", "(0, 0, 0, 0)"),
                ("m, v, t = kept", "m, v, t, most = kept"),
                ("            kept[name] = m, v, t\n",
                 "            most = np.maximum(most, v / (1 - b2**t))\n            kept[name] = m, v, t, most\n"),
                ("np.sqrt(v / (1 - b2**t))", "np.sqrt(most)"),
            ),
        ),
    ],
    "GD611": [("adam(lr=0.01)", "torch", TORCH.format("Adam(params, lr=0.01, amsgrad=True)")),
              ("adam(lr=0.01, amsgrad=True)", "numpy", TEXTBOOK)],
    "GD612": [
        (
            "adam(lr=0.01)",
            "numpy",
            changed(TEXTBOOK, ("kept.get(name", "kept.get(g.shape"), ("kept[name]", "kept[g.shape]")),
        ),
        (
            "sgd(lr=0.01, momentum=0.9)",
            "numpy",
            changed(SGD, ("state[name]", "state[g.shape]"), ("name in", "g.shape in")),
        ),
    ],
    "GD613": [("sgd(lr=0.01)", "numpy", SCALED)],
    "GD614": [("sgd(lr=0.01)", "torch", TORCH.format("SGD(params, lr=0.01, fused=True)"))],
    "GD615": [
        (
            "adam(lr=0.01)",
            "numpy",
            changed(
                FOLDED,
                ('(g - s["exp_avg"])', '(g - s["exp_avg"]).astype(np.float32)'),
                (
                    "        rate =",
                    '        s["exp_avg"] = s["exp_avg"].astype(np.float16).astype(g.dtype)\n        rate =',
                ),
            ),
        ),
    ],
    "GD616": [
        (
            "adam(lr=0.01)",
            "torch",
            "def make(params):\n    made = torch.optim.Adam(params, lr=0.01)\n"
            "    made.param_groups[-1]['lr'] = 0.01\n    return made\n",
        ),
    ],
}  # fmt: skip
