"""Watches a JAX script: what the functions that `jax.grad` and `jax.value_and_grad` make are given, and return.

Roles are found by what the differentiated function does with its parameters. By which variable the script knows one is
found by identity over all calls: a Python number, or one array for two parameters, is the same object under two names.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Self

import jax
import numpy as np

from gradagree.runtime.frameworks.on_jax import Jax, roles
from gradagree.runtime.frameworks.on_jax.roles import Roles
from gradagree.runtime.frameworks.on_jax.values import arguments, copied, flat, is_numeric, packed, states
from gradagree.runtime.watching.names import Namespace, named, namespaces, rates
from gradagree.runtime.watching.observations import Packed, Parameter, Step
from gradagree.runtime.watching.watcher import LARGEST, OTHER_DATA, Known, Watcher


class JaxWatcher(Watcher):
    """Sees every call of what `jax.grad` and `jax.value_and_grad` make, jitted or not."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.steps: list[Step] = []
        self.roles = Roles()
        self._host = Jax().host
        self._names: dict[str, list[str]] = {}  # by which names the script may know a parameter
        self._guessed = False  # whether these were found while tracing, where a name says less
        self._sample: tuple[Any, dict[str, Any]] | None = None  # what was differentiated, and its first arguments
        self._data: dict[str, Any] = {}

    def __enter__(self) -> Self:
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
            bound = arguments(fun, given, named_arguments)
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
                self.scope.note("its gradient is taken under jax.vmap, of several losses at once")
            if any(isinstance(leaf, jax.core.Tracer) for leaf in leaves):
                self.rates = self.rates or rates(spaces)
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
        self.rates = self.rates or rates(spaces)
        parameters = {path: leaf for argument in chosen for path, leaf in flat(argument, bound[argument])}
        first = not self._names
        for path, leaf in parameters.items():
            names = [name for name, value in objects if value is leaf]
            before = self._names.get(path, names)
            self._names[path] = [name for name in before if name in names]
        self._guessed = self._guessed or traced
        if first:
            self.roles = self._read(fun, bound, set(parameters), objects)
            self.scope.add(self.roles.scope)
        for name, value in objects:
            for state in states(value):
                self.scope.note(f"`{name}` holds optax's {state}")

    def _read(self, fun: Any, bound: dict[str, Any], parameters: set[str], objects: list[tuple[str, Any]]) -> Roles:
        names = [path for argument, entry in bound.items() for path, _ in flat(argument, entry)]
        known = {id(value): name for name, value in reversed(objects)}
        try:
            return roles.read(fun, list(bound.values()), names, parameters, lambda value: self._closed(value, known))
        except Exception:  # an argument that is no array, such as a flag: names alone must do
            return Roles()

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
        values, slopes, given = (
            {path: leaf for name, entry in trees.items() for path, leaf in flat(name, entry)}
            for trees in (parameters, gradients, data)
        )
        if any(np.size(leaf) > LARGEST for leaf in values.values()):
            return
        for path, leaf in values.items():
            if self.steps and path not in self.parameters:
                self._once(f"gradient {len(self.steps)} is taken for other parameters (`{path}`) than gradient 0")
                return
            device = self._host(leaf).device if isinstance(leaf, jax.Array) else "cpu"
            role, turned = self.roles.roles.get(path), self.roles.transposed.get(path)
            self.parameters.setdefault(path, Parameter(path, role, turned, device))
        if set(values) != set(self.parameters):
            self._once(f"gradient {len(self.steps)} is taken for fewer parameters than gradient 0")
            return
        if self._sample is None:
            self._sample = fun, {name: ({**parameters, **data})[name] for name in order}
        self._compare(given)
        loss = float(value) if value is not None and np.size(value) == 1 else None
        found = {path: packed(slopes[path]) if path in slopes else None for path in values}
        # A Python float is what its gradient's dtype makes of it.
        dtypes = {path: getattr(slopes.get(path), "dtype", None) for path in values}
        points = {path: packed(np.asarray(leaf, dtypes[path])) for path, leaf in values.items()}
        self.steps.append(Step(points, found, loss, now))

    def _compare(self, data: dict[str, Any]) -> None:
        """Whether what x and y are made of is what it was at the first gradient."""
        made_of = self.roles.sources.values()
        sources = frozenset[str]().union(*made_of) if len(made_of) == 2 else None
        for name, entry in data.items():
            if np.size(entry) > 1 and is_numeric(entry) and (sources is None or name in sources):
                # NumPy's arrays may be written into later.
                first = self._data.setdefault(name, entry.copy() if isinstance(entry, np.ndarray) else entry)
                if first is not entry and not np.array_equal(np.asarray(first, float), np.asarray(entry, float), True):
                    self._once(f"gradient {len(self.steps)} {OTHER_DATA} (`{name}`)")

    def _once(self, what: str) -> None:
        """Note what happened at a gradient; the first of its kind says it all."""
        if not any("is taken" in other for other in self.scope.outside):
            self.scope.note(what)

    def finish(self) -> None:
        """Wait until JAX has called back with every gradient."""
        jax.effects_barrier()  # type: ignore[no-untyped-call]

    def recorded_steps(self) -> list[Step]:
        """A step for each gradient."""
        return self.steps

    def end(self, objects: dict[str, Any]) -> tuple[dict[str, Packed], bool]:
        """By name; two parameters that have always been one object are not told apart by it."""
        found: dict[str, Packed] = {}
        for path in self.parameters:
            names = self._names.get(path, [])
            name = path if path in names or not names else names[0]
            shared = any(name in other for key, other in self._names.items() if key != path and path != name)
            value = None if shared else objects.get(name)
            if isinstance(value, (jax.Array, np.ndarray, np.generic, float)):
                copy = copied(value)
                found |= {} if copy is None else {path: copy}
        return found, self._guessed or not all(self._names.values())

    def known_data(self, objects: list[tuple[str, Any]]) -> list[Known]:
        """What the function computes for itself first, then what it is given."""
        computed = self.roles.computed
        if self._sample is not None and self.roles.sources and None in computed.values():
            # It was read while tracing, where there are no numbers.
            computed |= self._read(*self._sample, set(self.parameters), objects).computed
        for role, array in computed.items():
            if array is None:
                self.scope.doubt(f"{role} is computed in the loss, where its numbers are not seen")
        found: list[Known] = [([], role, array) for role, array in computed.items()]
        for name, entry in self._data.items():
            others = [other for other, value in objects if value is entry and other != name]
            found.append(([name, *others], self.roles.roles.get(name), entry))
        return found

    def is_data(self, value: Any) -> bool:
        """An array of numbers, JAX's or NumPy's, of one or two dimensions."""
        return is_numeric(value) and np.ndim(value) in (1, 2) and 1 < np.size(value) <= LARGEST

    def copied(self, array: Any) -> Packed | None:
        """An array's numbers."""
        return copied(array)
