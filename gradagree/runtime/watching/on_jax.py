"""Watches a JAX script: what the functions that `jax.grad` and `jax.value_and_grad` make are given, and return.

Roles are found by what the differentiated function does with its parameters. By which variable the script knows one is
found by identity over all calls: a Python number, or one array for two parameters, is the same object under two names.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gradagree.runtime.frameworks.on_jax import FRAMEWORK
from gradagree.runtime.watching import jax_graph
from gradagree.runtime.watching.jax_graph import Graph
from gradagree.runtime.watching.names import Namespace, named, namespaces, rates
from gradagree.runtime.watching.observations import Data, Observations, Packed, Parameter, Step

LARGEST = 1_000_000  # numbers in an array that is still looked at
PLAIN = {"EmptyState", "ScaleState", "ScaleByScheduleState", "InjectHyperparamsState", "InjectStatefulHyperparamsState"}


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
        self._names: dict[str, list[str]] = {}  # by which names the script may know a parameter
        self._guessed = False  # whether these were found while tracing, where a name says less
        self._sample: tuple[Any, dict[str, Any]] | None = None  # what was differentiated, and its first arguments
        self._data: dict[str, Any] = {}
        self._rates: dict[str, float] = {}
        self.graph = Graph()

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
            self._identify(fun, spaces, bound, chosen, traced)
            see = functools.partial(self._see, fun, names, traced)
            seen = ({name: bound[name] for name in chosen}, dict(zip(chosen, gradients, strict=True)),
                    {name: entry for name, entry in bound.items() if name not in chosen}, value)  # fmt: skip
            leaves = jax.tree.leaves(seen)
            batched = any(type(leaf).__name__ == "BatchTracer" for leaf in leaves)
            if batched:
                self.graph.scope.note("its gradient is taken under jax.vmap, of several losses at once")
            if any(isinstance(leaf, jax.core.Tracer) for leaf in leaves):
                self._rates = self._rates or rates(spaces)
                jax.debug.callback(functools.partial(see, {}), *seen, ordered=not batched)
            else:
                see(rates(spaces), *seen)
            return result

        return watched

    def _identify(
        self, fun: Any, spaces: list[Namespace], bound: dict[str, Any], chosen: list[str], traced: bool
    ) -> None:
        """By which names the script itself knows the arguments, and what the function does with them."""
        objects = list(named(spaces))
        self._rates = self._rates or rates(spaces)
        leaves = [(path, leaf) for argument, entry in bound.items() for path, leaf in _flat(argument, entry)]
        parameters = {path: leaf for argument in chosen for path, leaf in _flat(argument, bound[argument])}
        look = not self._names
        for path, leaf in parameters.items():
            names = [name for name, value in objects if value is leaf]
            before = self._names.get(path, names)
            self._names[path] = [name for name in before if name in names]
        self._guessed = self._guessed or traced
        for name, value in objects:
            for state in _states(value):
                self.graph.scope.note(f"`{name}` holds optax's {state}")
        if not look:
            return
        self.graph = self._read(fun, list(bound.values()), [path for path, _ in leaves], set(parameters), objects)

    def _read(self, fun: Any, arguments: list[Any], names: list[str], parameters: set[str], objects: Any) -> Graph:
        known = {id(value): name for name, value in reversed(objects)}
        try:
            found = jax_graph.read(fun, arguments, names, parameters, lambda value: self._closed(value, known))
        except Exception:  # an argument that is no array, such as a flag: names alone must do
            found = Graph()
        found.scope.add(self.graph.scope)
        return found

    def _closed(self, value: Any, known: dict[int, str]) -> str | None:
        """The name of an array that the function closes over; it is data then."""
        name = known.get(id(value))
        if name is not None and np.size(value) > 1:
            self._data.setdefault(name, value)
        return name

    def _see(
        self, fun: Any, order: list[str], traced: bool, now: dict[str, float], parameters: Any, gradients: Any,
        data: Any, value: Any,
    ) -> None:  # fmt: skip
        """One gradient, its numbers now concrete."""
        if traced:
            self.attempts += 1
        values = {path: leaf for name, entry in parameters.items() for path, leaf in _flat(name, entry)}
        slopes = {path: leaf for name, entry in gradients.items() for path, leaf in _flat(name, entry)}
        if any(np.size(leaf) > LARGEST for leaf in values.values()):
            return
        for path, leaf in values.items():
            if self.steps and path not in self.parameters:
                self._once(f"gradient {len(self.steps)} is taken for other parameters (`{path}`) than gradient 0")
                return
            device = FRAMEWORK.host(leaf).device if isinstance(leaf, jax.Array) else "cpu"
            role, turned = self.graph.roles.get(path), self.graph.transposed.get(path)
            self.parameters.setdefault(path, Parameter(path, role, turned, device))
        if set(values) != set(self.parameters):
            self._once(f"gradient {len(self.steps)} is taken for fewer parameters than gradient 0")
            return
        given = {path: leaf for name, entry in data.items() for path, leaf in _flat(name, entry)}
        if self._sample is None:
            self._sample = fun, {name: ({**parameters, **data})[name] for name in order}
        self._compare(given)
        loss = float(value) if value is not None and np.size(value) == 1 else None
        packed = {path: _packed(slopes[path]) if path in slopes else None for path in values}
        # A Python float is what its gradient's dtype makes of it.
        dtypes = {path: getattr(slopes.get(path), "dtype", None) for path in values}
        points = {path: _packed(np.asarray(leaf, dtypes[path])) for path, leaf in values.items()}
        self.steps.append(Step(points, packed, loss, now))

    def _compare(self, data: dict[str, Any]) -> None:
        """Whether what x and y are made of is what it was at the first gradient."""
        sources = frozenset[str]().union(*self.graph.sources.values()) if len(self.graph.sources) == 2 else None
        for name, entry in data.items():
            if np.size(entry) > 1 and _is_numeric(entry) and (sources is None or name in sources):
                # NumPy's arrays may be written into later.
                first = self._data.setdefault(name, entry.copy() if isinstance(entry, np.ndarray) else entry)
                if first is not entry and not np.array_equal(np.asarray(first, float), np.asarray(entry, float), True):
                    self._once(
                        f"gradient {len(self.steps)} is not taken on the data of gradient 0, in their order (`{name}`)"
                    )

    def _once(self, what: str) -> None:
        """Note what happened at a gradient; the first of its kind says it all."""
        if not any("is taken" in other for other in self.graph.scope.outside):
            self.graph.scope.note(what)

    def sightings(self, space: Namespace) -> Observations:
        """All that was seen, once JAX has finished what it was given."""
        jax.effects_barrier()  # type: ignore[no-untyped-call]
        self._rates = self._rates or rates([space])
        objects = list(named([space]))
        now = dict(objects)
        end = {}
        for path in self.parameters:
            names = self._names.get(path, [])
            # Two parameters that have always been one object are not told apart by it.
            name = path if path in names or not names else names[0]
            shared = any(name in other for key, other in self._names.items() if key != path and path != name)
            if not shared and name in now and isinstance(now[name], (jax.Array, np.ndarray, np.generic, float)):
                copy = _copied(now[name])
                if copy is not None:
                    end[path] = copy
        return Observations(
            parameters=list(self.parameters.values()),
            data=self._found(objects),
            steps=self.steps,
            end=end,
            end_guessed=self._guessed or any(not names for names in self._names.values()),
            rates=self._rates,
            attempts=self.attempts,
            outside=self.graph.scope.outside,
            unusual=self.graph.scope.unusual,
        )

    def _found(self, objects: list[tuple[str, Any]]) -> list[Data]:
        """The data: what the function computes for itself first, then what it is given, and all else with a name."""
        if self._sample is not None and self.graph.sources and None in self.graph.computed.values():
            # It was read while tracing, where there are no numbers.
            fun, arguments = self._sample
            names = [path for name, entry in arguments.items() for path, _ in _flat(name, entry)]
            again = self._read(fun, list(arguments.values()), names, set(self.parameters), objects)
            self.graph.computed |= again.computed
        for role, array in self.graph.computed.items():
            if array is None:
                self.graph.scope.doubt(f"{role} is computed in the loss, where its numbers are not seen")
        arrays: list[tuple[list[str], str | None, Any]]
        arrays = [([], role, array) for role, array in self.graph.computed.items()]
        for name, entry in self._data.items():
            others = [other for other, value in objects if value is entry and other != name]
            arrays.append(([name, *others], self.graph.roles.get(name), entry))
        shown = {name for names, _, _ in arrays for name in names}
        for name, value in objects:
            if name not in shown and _is_numeric(value) and np.ndim(value) in (1, 2) and 1 < np.size(value) <= LARGEST:
                arrays.append(([name], None, value))
        copies = [(names, role, _copied(array)) for names, role, array in arrays]
        return [Data(names, role, values) for names, role, values in copies if values is not None]


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


def _states(value: Any, depth: int = 0) -> Iterator[str]:
    """The states of optax in a value that do more than scale a gradient by a rate."""
    if isinstance(value, tuple) and depth < 4:
        kind = type(value)
        if kind.__module__.startswith("optax") and kind.__name__.endswith("State") and kind.__name__ not in PLAIN:
            yield kind.__name__
        else:
            for entry in value:
                yield from _states(entry, depth + 1)


def _is_numeric(value: Any) -> bool:
    """Whether a value is an array of numbers that could be data: no typed keys, objects or records, and not deleted."""
    if not isinstance(value, (jax.Array, np.ndarray)) or jnp.issubdtype(value.dtype, jax.dtypes.extended):
        return False
    if isinstance(value, jax.Array) and (isinstance(value, jax.core.Tracer) or value.is_deleted()):
        return False
    return jnp.issubdtype(value.dtype, np.number) or value.dtype == bool


def _copied(value: Any) -> Packed | None:
    """The numbers of a value, `None` where it has none that could be data."""
    if isinstance(value, (jax.Array, np.ndarray)) and (not _is_numeric(value) or jnp.iscomplexobj(value)):
        return None
    return None if value is None else _packed(value)


def _packed(value: Any) -> Packed:
    host = np.asarray(jax.device_get(value))
    dtype = "float64" if isinstance(value, float) else host.dtype.name
    return {"shape": list(host.shape), "dtype": dtype, "values": host.astype(np.float64).ravel().tolist()}
