"""The values of a JAX script: arguments by name, leaves by path, and numbers on the host."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gradagree.runtime.watching.observations import Packed

# The states of optax that do no more than scale a gradient by a rate.
PLAIN = {"EmptyState", "ScaleState", "ScaleByScheduleState", "InjectHyperparamsState", "InjectStatefulHyperparamsState"}


def arguments(fun: Any, given: tuple[Any, ...], named_arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments by the function's own names for them, in the order of its parameters."""
    try:
        return dict(inspect.signature(fun).bind(*given, **named_arguments).arguments)
    except (TypeError, ValueError):
        return {**{f"argument {n}": value for n, value in enumerate(given)}, **named_arguments}


def flat(name: str, tree: Any) -> list[tuple[str, Any]]:
    """The leaves of a tree with their paths, `params['w']`."""
    paths, _ = jax.tree_util.tree_flatten_with_path(tree)
    return [(name + jax.tree_util.keystr(path), leaf) for path, leaf in paths]


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
