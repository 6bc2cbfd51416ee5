"""PyTorch: `torch.optim`, in each way it can make a step.

An optimizer takes groups of parameters, each with options of its own, and reads the gradients off `.grad`. `step()`
moves the parameters in place. What it keeps between steps lies in `optimizer.state[parameter]`, by name; most make it
at the first step.

- `loop`     one parameter after the other, an operation at a time
- `foreach`  an operation at a time, on all parameters at once: what `foreach=None` means on a GPU
- `fused`    one kernel for the whole step; only some have it

To watch: a parameter whose `.grad` is `None` is passed over, and its state does not age. One whose gradient is zero
moves all the same, by momentum and by weight decay.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

Group = dict[str, Any]  # "params": parameters by name; the rest are options


class Training:
    """Parameters and the optimizer that moves them."""

    def __init__(self, optimizer: torch.optim.Optimizer, params: dict[str, Tensor]) -> None:
        """Take an optimizer and its parameters by name, leaves that require gradients."""
        self.optimizer, self.params = optimizer, params

    def step(self, grads: Mapping[str, Tensor]) -> None:
        """Move the parameters by these gradients; those without one stay."""
        for name, p in self.params.items():
            p.grad = grads.get(name)
        self.optimizer.step()

    def state(self) -> dict[str, dict[str, Any]]:
        """What is kept, by quantity and then by parameter: `state()["momentum_buffer"]["w"]`."""
        found: dict[str, dict[str, Any]] = {}
        for name, p in self.params.items():
            for quantity, value in self.optimizer.state.get(p, {}).items():
                if value is not None:  # as SGD's buffer, where there is no momentum
                    found.setdefault(quantity, {})[name] = value
        return found


def loop(name: str, groups: list[Group]) -> Training:
    """`torch.optim.NAME(…, foreach=False)`."""
    return _training(name, groups, foreach=False)


def foreach(name: str, groups: list[Group]) -> Training:
    """`torch.optim.NAME(…, foreach=True)`."""
    return _training(name, groups, foreach=True)


def fused(name: str, groups: list[Group]) -> Training:
    """`torch.optim.NAME(…, fused=True)`."""
    return _training(name, groups, fused=True)


def _training(name: str, groups: list[Group], **way: bool) -> Training:
    params = {name: p.requires_grad_() for group in groups for name, p in group["params"].items()}
    native = [{**group, "params": list(group["params"].values())} for group in groups]
    return Training(getattr(torch.optim, name)(native, **way), params)
