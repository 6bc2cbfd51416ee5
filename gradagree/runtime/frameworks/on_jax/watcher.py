"""Watches a JAX script: what the functions that `jax.grad` and `jax.value_and_grad` make are given, and return.

Roles are found by what the differentiated function does with its parameters.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Self

import jax
import numpy as np

from gradagree.runtime.frameworks.on_jax import Jax
from gradagree.runtime.frameworks.on_jax.data import DataFinder
from gradagree.runtime.frameworks.on_jax.values import (
    Call,
    ParameterNames,
    arguments,
    copied,
    is_numeric,
    is_traced,
    leaves_of,
    packed,
    states,
)
from gradagree.runtime.watching.names import Namespace, named, namespaces, rates
from gradagree.runtime.watching.observations import Packed, Parameter, Step
from gradagree.runtime.watching.watcher import LARGEST, OTHER_DATA, Known, Watcher


class JaxWatcher(Watcher):
    """Sees every call of what `jax.grad` and `jax.value_and_grad` make, jitted or not."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.steps: list[Step] = []
        self._host = Jax().host
        self._names = ParameterNames()
        self._data = DataFinder(self.scope)

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
            traced = is_traced((given, named_arguments))
            if not traced:
                self.attempts += 1
            result = inner(*given, **named_arguments)
            value: Any
            gradient: Any
            value, gradient = result if valued else (None, result)
            if auxiliary:
                value, gradient = (value[0], gradient) if valued else (None, gradient[0])
            call = Call.of(fun, argnums, arguments(fun, given, named_arguments), gradient, value)
            self._identify(call, spaces, traced)
            self._take(call, spaces, traced)
            return result

        return watched

    def _take(self, call: Call, spaces: list[Namespace], traced: bool) -> None:
        """See the gradient, at once or when JAX has its numbers."""
        see = functools.partial(self._see, call.fun, call.names, traced)
        batched = any(type(leaf).__name__ == "BatchTracer" for leaf in jax.tree.leaves(call.arrays))
        if batched:
            self.scope.note("its gradient is taken under jax.vmap, of several losses at once")
        if is_traced(call.arrays):
            self.rates = self.rates or rates(spaces)
            jax.debug.callback(functools.partial(see, {}), *call.arrays, ordered=not batched)
        else:
            see(rates(spaces), *call.arrays)

    def _identify(self, call: Call, spaces: list[Namespace], traced: bool) -> None:
        """By which names the script itself knows the arguments, and what the function does with them."""
        objects = list(named(spaces))
        self.rates = self.rates or rates(spaces)
        parameters = leaves_of(call.parameters)
        first = not self._names.names
        self._names.see(parameters, objects, traced)
        if first:
            self._data.read(call.fun, call.bound, set(parameters), objects)
        for name, value in objects:
            for state in states(value):
                self.scope.note(f"`{name}` holds optax's {state}")

    def _see(
        self, fun: Any, order: list[str], traced: bool, now: dict[str, float], parameters: Any, gradients: Any,
        data: Any, value: Any,
    ) -> None:  # fmt: skip
        """One gradient, its numbers now concrete."""
        if traced:
            self.attempts += 1
        values, slopes, given = map(leaves_of, (parameters, gradients, data))
        if any(np.size(leaf) > LARGEST for leaf in values.values()):
            return
        for path, leaf in values.items():
            if self.steps and path not in self.parameters:
                self._once(f"gradient {len(self.steps)} is taken for other parameters (`{path}`) than gradient 0")
                return
            device = self._host(leaf).device if isinstance(leaf, jax.Array) else "cpu"
            role, turned = self._data.roles.roles.get(path), self._data.roles.transposed.get(path)
            self.parameters.setdefault(path, Parameter(path, role, turned, device))
        if set(values) != set(self.parameters):
            self._once(f"gradient {len(self.steps)} is taken for fewer parameters than gradient 0")
            return
        bound = {name: ({**parameters, **data})[name] for name in order}
        for name in self._data.changed(fun, bound, given):
            self._once(f"gradient {len(self.steps)} {OTHER_DATA} (`{name}`)")
        loss = float(value) if value is not None and np.size(value) == 1 else None
        found = {path: packed(slopes[path]) if path in slopes else None for path in values}
        # A Python float is what its gradient's dtype makes of it.
        dtypes = {path: getattr(slopes.get(path), "dtype", None) for path in values}
        points = {path: packed(np.asarray(leaf, dtypes[path])) for path, leaf in values.items()}
        self.steps.append(Step(points, found, loss, now))

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
        """By name."""
        found: dict[str, Packed] = {}
        for path in self.parameters:
            name = self._names.of(path)
            value = None if name is None else objects.get(name)
            if isinstance(value, (jax.Array, np.ndarray, np.generic, float)):
                copy = copied(value)
                found |= {} if copy is None else {path: copy}
        return found, self._names.guessed

    def known_data(self, objects: list[tuple[str, Any]]) -> list[Known]:
        """What the function computes for itself first, then what it is given."""
        return self._data.known(set(self.parameters), objects)

    def is_data(self, value: Any) -> bool:
        """An array of numbers, JAX's or NumPy's, of one or two dimensions."""
        return is_numeric(value) and np.ndim(value) in (1, 2) and 1 < np.size(value) <= LARGEST

    def copied(self, array: Any) -> Packed | None:
        """An array's numbers."""
        return copied(array)
