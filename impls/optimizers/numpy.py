"""NumPy: each optimizer written out by hand, on one parameter at a time.

The formulas are torch's, in the order in which its loop takes them. A function here moves `p` in place by the gradient
`g`, and keeps what it needs in the dictionary `s`, which is empty before the first step.

To watch: in NumPy a Python float takes the dtype of the array it meets, so that nothing is widened; a NumPy scalar of
float64 would make everything float64.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]
Group = dict[str, Any]  # "params": parameters by name; the rest are options


def sgd(
    p: Array, g: Array, s: dict[str, Any], lr: float, momentum: float = 0.0, dampening: float = 0.0,
    nesterov: bool = False, weight_decay: float = 0.0, maximize: bool = False,
) -> None:  # fmt: skip
    """`v ← μ v + (1 - d) g`, `p ← p - lr v`."""
    g = -g if maximize else g
    if weight_decay:
        g = g + weight_decay * p
    if momentum:
        if "momentum_buffer" in s:
            s["momentum_buffer"] = momentum * s["momentum_buffer"] + (1 - dampening) * g
        else:
            s["momentum_buffer"] = g.copy()
        g = g + momentum * s["momentum_buffer"] if nesterov else s["momentum_buffer"]
    p -= lr * g


class Training:
    """Parameters and the function that moves them."""

    def __init__(self, move: Callable[..., None], groups: list[Group]) -> None:
        """Take one of the functions here, and groups of parameters."""
        self.move = move
        self.params: dict[str, Array] = {name: p for group in groups for name, p in group["params"].items()}
        self.options = {
            name: {key: value for key, value in group.items() if key != "params"}
            for group in groups
            for name in group["params"]
        }
        self.kept: dict[str, dict[str, Any]] = {name: {} for name in self.params}

    def step(self, grads: Mapping[str, Array]) -> None:
        """Move the parameters by these gradients; those without one stay."""
        for name, g in grads.items():
            self.move(self.params[name], g, self.kept[name], **self.options[name])

    def state(self) -> dict[str, dict[str, Any]]:
        """What is kept, by quantity and then by parameter."""
        found: dict[str, dict[str, Any]] = {}
        for name, kept in self.kept.items():
            for quantity, value in kept.items():
                found.setdefault(quantity, {})[name] = value
        return found


def plain(name: str, groups: list[Group]) -> Training:
    """The function called `name`."""
    return Training(globals()[name], groups)
