"""Watches a JAX script: what the functions that `jax.grad` and `jax.value_and_grad` make are given, and return.

Roles are found by the names of the differentiated function's parameters, and by identity in the script's variables.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from gradagree.frameworks.on_jax import FRAMEWORK
from gradagree.guest import jax_graph
from gradagree.guest.names import Namespace, named, namespaces, rates
from gradagree.guest.sightings import Data, Packed, Parameter, Sightings, Step

LARGEST = 1_000_000  # numbers in an array that is still looked at


def watch(path: str) -> JaxWatch:
    """The watcher of the script at `path`."""
    return JaxWatch(path)


class JaxWatch:
    """While entered, `jax.grad` and `jax.value_and_grad` make functions whose every call is seen, jitted or not."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.steps: list[Step] = []
        self.attempts = 0
        self.parameters: dict[str, Parameter] = {}
        self.changed_at: int | None = None
        self._names: dict[str, str] = {}  # a parameter's name in the script, by its name here
        self._data: dict[str, Any] = {}
        self._rates: dict[str, float] = {}
        self.graph = jax_graph.Graph()

    def __enter__(self) -> JaxWatch:
        """Patch `jax.grad` and `jax.value_and_grad`, which every script reaches through the module."""
        self._grad, self._value_and_grad = jax.grad, jax.value_and_grad
        jax.grad = functools.wraps(self._grad)(functools.partial(self._make, self._grad, False))
        jax.value_and_grad = functools.wraps(self._value_and_grad)(
            functools.partial(self._make, self._value_and_grad, True)
        )
        return self

    def __exit__(self, *_details: Any) -> None:
        """Put them back."""
        jax.grad, jax.value_and_grad = self._grad, self._value_and_grad

    def _make(
        self, original: Callable[..., Any], valued: bool, fun: Any, argnums: Any = 0, *args: Any, **kwargs: Any
    ) -> Any:
        inner = original(fun, argnums, *args, **kwargs)
        auxiliary = bool(kwargs.get("has_aux", args[0] if args else False))

        @functools.wraps(inner)
        def watched(*given: Any, **named_arguments: Any) -> Any:
            spaces = namespaces(self.path)
            traced = any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves((given, named_arguments)))
            if not traced:
                self.attempts += 1
            result = inner(*given, **named_arguments)
            value: Any
            gradient: Any
            value, gradient = result if valued else (None, result)
            if auxiliary and valued:
                value = value[0]
            elif auxiliary:
                gradient = gradient[0]
            bound = _arguments(fun, given, named_arguments)
            names = list(bound)
            chosen = [names[n] for n in ([argnums] if isinstance(argnums, int) else argnums)]
            gradients = (gradient,) if isinstance(argnums, int) else gradient
            self._identify(fun, spaces, bound, chosen)
            see = functools.partial(self._see, traced=traced)
            seen = ({name: bound[name] for name in chosen}, dict(zip(chosen, gradients, strict=True)),
                    {name: entry for name, entry in bound.items() if name not in chosen}, value)  # fmt: skip
            if any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(seen)):
                self._rates = self._rates or rates(spaces)
                jax.debug.callback(see, *seen, ordered=True)
            else:
                see(*seen)
            return result

        return watched

    def _identify(self, fun: Any, spaces: list[Namespace], bound: dict[str, Any], chosen: list[str]) -> None:
        """By which names the script itself knows the arguments, and what the function does with them."""
        self._rates = self._rates or rates(spaces)
        if self._names:
            return
        known = {id(value): name for name, value in reversed(list(named(spaces)))}
        leaves = [(path, leaf) for argument, entry in bound.items() for path, leaf in _flat(argument, entry)]
        parameters = {path for argument in chosen for path, _ in _flat(argument, bound[argument])}
        for path, leaf in leaves:
            if path in parameters:
                self._names[path] = known.get(id(leaf), path)
        try:
            self.graph = jax_graph.read(
                fun,
                list(bound.values()),
                [path for path, _ in leaves],
                parameters,
                lambda value: self._closed(value, known),
            )
        except Exception:  # an argument that is no array, such as a flag: names alone must do
            self.graph = jax_graph.Graph()

    def _closed(self, value: Any, known: dict[int, str]) -> str | None:
        """The name of an array that the function closes over; it is data then."""
        name = known.get(id(value))
        if name is not None and np.size(value) > 1:
            self._data.setdefault(name, value)
        return name

    def _see(self, parameters: Any, gradients: Any, data: Any, value: Any, traced: bool) -> None:
        """One gradient, its numbers now concrete."""
        if traced:
            self.attempts += 1
        values = {path: leaf for name, entry in parameters.items() for path, leaf in _flat(name, entry)}
        slopes = {path: leaf for name, entry in gradients.items() for path, leaf in _flat(name, entry)}
        if any(np.size(leaf) > LARGEST for leaf in values.values()):
            return
        for path, leaf in values.items():
            device = FRAMEWORK.host(leaf).device if isinstance(leaf, jax.Array) else "cpu"
            role, turned = self.graph.roles.get(path), path in self.graph.transposed
            self.parameters.setdefault(path, Parameter(path, role, turned, device))
        for name, entry in data.items():
            if np.size(entry) > 1 and hasattr(entry, "dtype"):
                first = self._data.setdefault(name, entry)
                if self.changed_at is None and first is not entry and not _same(first, entry):
                    self.changed_at = len(self.steps)
        loss = float(value) if value is not None and np.size(value) == 1 else None
        packed = {path: _packed(slopes[path]) if path in slopes else None for path in values}
        # A Python float is what its gradient's dtype makes of it.
        dtypes = {path: getattr(slopes.get(path), "dtype", None) for path in values}
        points = {path: _packed(np.asarray(leaf, dtypes[path])) for path, leaf in values.items()}
        self.steps.append(Step(points, packed, loss))

    def sightings(self, space: Namespace) -> Sightings:
        """All that was seen, once JAX has finished what it was given."""
        jax.effects_barrier()  # type: ignore[no-untyped-call]
        self._rates = self._rates or rates([space])
        objects = list(named([space]))
        found = []
        for name, entry in self._data.items():
            others = [other for other, value in objects if value is entry and other != name]
            found.append(Data([name, *others], self.graph.roles.get(name), _packed(entry)))
        shown = {name for entry in found for name in entry.names}
        for name, value in objects:
            is_data = isinstance(value, (jax.Array, np.ndarray)) and value.dtype.kind in "fiV" and value.ndim in (1, 2)
            if is_data and name not in shown and 1 < value.size <= LARGEST:
                found.append(Data([name], None, _packed(value)))
        now = dict(objects)
        end = {}
        for path in self.parameters:
            value = now.get(self._names.get(path, path), now.get(path))
            if isinstance(value, (jax.Array, np.ndarray, float)):
                end[path] = _packed(value)
        return Sightings(
            parameters=list(self.parameters.values()),
            data=found,
            steps=self.steps,
            end=end,
            rates=self._rates,
            attempts=self.attempts,
            changed_at=self.changed_at,
        )


def _arguments(fun: Any, given: tuple[Any, ...], named_arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments by the function's own names for them, in the order of its parameters."""
    try:
        return dict(inspect.signature(fun).bind(*given, **named_arguments).arguments)
    except (TypeError, ValueError):
        return {**{f"argument {n}": value for n, value in enumerate(given)}, **named_arguments}


def _flat(name: str, tree: Any) -> list[tuple[str, Any]]:
    """The leaves of a tree with their paths, `params['w']`."""
    paths, _ = jax.tree_util.tree_flatten_with_path(tree)
    return [(name + jax.tree_util.keystr(path), leaf) for path, leaf in paths]


def _same(first: Any, entry: Any) -> bool:
    """Whether two arrays hold the same, NaN in the same places."""
    (a, b) = (np.asarray(value).astype(np.float64) for value in (first, entry))
    return np.array_equal(a, b, equal_nan=True)


def _packed(value: Any) -> Packed:
    host = np.asarray(jax.device_get(value))
    dtype = "float64" if isinstance(value, float) else host.dtype.name
    return {"shape": list(host.shape), "dtype": dtype, "values": host.astype(np.float64).ravel().tolist()}
