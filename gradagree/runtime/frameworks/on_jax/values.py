"""The values of a JAX script: arguments by name, leaves by path, and numbers on the host."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gradagree.runtime.watching.observations import Packed

# The states of optax that do no more than scale a gradient by a rate.
PLAIN = {"EmptyState", "ScaleState", "ScaleByScheduleState", "InjectHyperparamsState", "InjectStatefulHyperparamsState"}


@dataclass(frozen=True)
class Call:
    """One call of what `jax.grad` or `jax.value_and_grad` made: the function, its arguments by name, what came back."""

    fun: Any
    bound: dict[str, Any]
    parameters: dict[str, Any]
    gradients: dict[str, Any]
    value: Any  # the loss; `None` where it was not asked for

    @classmethod
    def of(cls, fun: Any, argnums: Any, bound: dict[str, Any], gradient: Any, value: Any) -> Call:
        """Of the arguments that gradients were taken for by number, one or several."""
        names, one = list(bound), isinstance(argnums, int)
        chosen = [names[number] for number in ([argnums] if one else argnums)]
        gradients = dict(zip(chosen, (gradient,) if one else gradient, strict=True))
        return cls(fun, bound, {name: bound[name] for name in chosen}, gradients, value)

    @property
    def names(self) -> list[str]:
        """The arguments, in the order of the function's parameters."""
        return list(self.bound)

    @property
    def arrays(self) -> tuple[Any, ...]:
        """The parameters, their gradients, the other arguments, and the loss."""
        data = {name: entry for name, entry in self.bound.items() if name not in self.parameters}
        return self.parameters, self.gradients, data, self.value


class ParameterNames:
    """The names by which the script knows a parameter at every call, found by identity."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {}
        self.traced = False  # whether any was found while tracing, where a name says less

    @property
    def guessed(self) -> bool:
        """Whether some parameter has no name of its own, or was named while tracing."""
        return self.traced or not all(self.names.values())

    def see(self, parameters: Mapping[str, Any], objects: Sequence[tuple[str, Any]], traced: bool) -> None:
        """Keep those names that are still a parameter's at this call."""
        for path, leaf in parameters.items():
            now = [name for name, value in objects if value is leaf]
            self.names[path] = [name for name in self.names.get(path, now) if name in now]
        self.traced = self.traced or traced

    def of(self, path: str) -> str | None:
        """The name of a parameter; `None` where it may be another's, as two that were always one object are."""
        names = self.names.get(path, [])
        name = path if path in names or not names else names[0]
        shared = any(name in other for key, other in self.names.items() if key != path and path != name)
        return None if shared else name


def arguments(fun: Any, given: tuple[Any, ...], named_arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments by the function's own names for them, in the order of its parameters."""
    try:
        return dict(inspect.signature(fun).bind(*given, **named_arguments).arguments)
    except (TypeError, ValueError):
        return {**{f"argument {n}": value for n, value in enumerate(given)}, **named_arguments}


def leaves_of(trees: Mapping[str, Any]) -> dict[str, Any]:
    """The leaves of trees by their paths, `params['w']`."""
    found: dict[str, Any] = {}
    for name, tree in trees.items():
        paths, _ = jax.tree_util.tree_flatten_with_path(tree)
        found |= {name + jax.tree_util.keystr(path): leaf for path, leaf in paths}
    return found


def is_traced(tree: Any) -> bool:
    """Whether any of its leaves has no numbers yet."""
    return any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(tree))


def states(value: Any, depth: int = 0) -> Iterator[str]:
    """The states of optax in a value that do more than scale a gradient by a rate."""
    if isinstance(value, tuple) and depth < 4:
        kind = type(value)
        if kind.__module__.startswith("optax") and kind.__name__.endswith("State") and kind.__name__ not in PLAIN:
            yield kind.__name__
        else:
            for entry in value:
                yield from states(entry, depth + 1)


def is_numeric(value: Any) -> bool:
    """Whether a value is an array of numbers that could be data: no typed keys, objects or records, and not deleted."""
    if not isinstance(value, (jax.Array, np.ndarray)) or jnp.issubdtype(value.dtype, jax.dtypes.extended):
        return False
    if isinstance(value, jax.Array) and (isinstance(value, jax.core.Tracer) or value.is_deleted()):
        return False
    return jnp.issubdtype(value.dtype, np.number) or value.dtype == bool


def copied(value: Any) -> Packed | None:
    """The numbers of a value, `None` where it has none that could be data."""
    if isinstance(value, (jax.Array, np.ndarray)) and (not is_numeric(value) or jnp.iscomplexobj(value)):
        return None
    return None if value is None else packed(value)


def packed(value: Any) -> Packed:
    """The numbers of an array or of a Python number."""
    host = np.asarray(jax.device_get(value))
    dtype = "float64" if isinstance(value, float) else host.dtype.name
    return {"shape": list(host.shape), "dtype": dtype, "values": host.astype(np.float64).ravel().tolist()}
