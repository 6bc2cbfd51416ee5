"""JAX: Optax, whose optimizers are pairs of functions on trees of arrays.

`init` makes a state of the parameters, and `update` turns gradients and state into updates and the next state. Nothing
is changed in place. An optimizer is a chain of links, and its state a tuple of theirs: named tuples, whose fields hold
a tree of the parameters' shape or a count.

- `plain`  each operation as it comes
- `jit`    the step compiled as a whole

To watch: what torch calls a group is `multi_transform`, with a label for each parameter. A frozen parameter needs a
label of its own, `set_to_zero`, or its gradient is asked for.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import optax  # type: ignore[import-untyped]  # Optax ships no types
from jax import Array

Group = dict[str, Any]  # "params": parameters by name; the rest are options

# What optax calls the state, and what torch does.
NAMES = {"trace": "momentum_buffer", "count": "step", "mu": "exp_avg", "nu": "exp_avg_sq"}


class Training:
    """Parameters and the transformation that moves them."""

    def __init__(self, transformation: Any, params: dict[str, Array], compiled: bool = False) -> None:
        """Take a transformation and parameters by name."""
        self.params, self.tree = params, transformation.init(params)

        def move(grads: Any, tree: Any, params: Any) -> Any:
            updates, tree = transformation.update(grads, tree, params)
            return optax.apply_updates(params, updates), tree

        self.move: Callable[..., Any] = jax.jit(move) if compiled else move

    def step(self, grads: Mapping[str, Array]) -> None:
        """Move the parameters by these gradients; those without one are given zeros, which their label drops."""
        whole = {name: grads[name] if name in grads else jax.numpy.zeros_like(p) for name, p in self.params.items()}
        self.params, self.tree = self.move(whole, self.tree, self.params)

    def state(self) -> dict[str, dict[str, Any]]:
        """What is kept, by quantity in torch's words and then by parameter."""
        found: dict[str, dict[str, Any]] = {}
        _gather(self.tree, found)
        return found


def plain(name: str, groups: list[Group]) -> Training:
    """`optax.NAME(…)`, operation by operation."""
    return _training(name, groups, compiled=False)


def jit(name: str, groups: list[Group]) -> Training:
    """The same with its step compiled."""
    return _training(name, groups, compiled=True)


def _training(name: str, groups: list[Group], compiled: bool) -> Training:
    params = {name: p for group in groups for name, p in group["params"].items()}
    made = [getattr(optax, name)(**{k: v for k, v in group.items() if k != "params"}) for group in groups]
    if len(made) == 1:
        return Training(made[0], params, compiled)
    labels = {name: index for index, group in enumerate(groups) for name in group["params"]}
    return Training(optax.multi_transform(dict(enumerate(made)), labels), params, compiled)


def _gather(tree: Any, found: dict[str, dict[str, Any]]) -> None:
    """Every dictionary of arrays in a state, under the name of the field that holds it."""
    if isinstance(tree, optax.MultiTransformState):
        for inner in tree.inner_states.values():
            _gather(inner.inner_state, found)
    elif hasattr(tree, "_fields"):
        for field, value in zip(tree._fields, tree, strict=True):
            if isinstance(value, dict):
                arrays = {name: each for name, each in value.items() if isinstance(each, Array)}
                found.setdefault(NAMES.get(field, field), {}).update(arrays)
            else:
                _gather(value, found)
    elif isinstance(tree, tuple):
        for link in tree:
            _gather(link, found)
