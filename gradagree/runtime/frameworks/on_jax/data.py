"""The data of a JAX script: what its differentiated function is given or closes over, and computes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradagree.runtime.frameworks.on_jax import roles
from gradagree.runtime.frameworks.on_jax.roles import Roles
from gradagree.runtime.frameworks.on_jax.values import is_numeric, leaves_of
from gradagree.runtime.watching.scope import Scope
from gradagree.runtime.watching.watcher import Known

Objects = Sequence[tuple[str, Any]]


class DataFinder:
    """The roles of the function's arguments, and the arrays among them that are data, as at the first gradient."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.roles = Roles()
        self._data: dict[str, Any] = {}
        self._sample: tuple[Any, dict[str, Any]] | None = None  # what was differentiated, and its first arguments

    def read(self, fun: Any, bound: dict[str, Any], parameters: set[str], objects: Objects) -> None:
        """Read the roles off the function."""
        self.roles = self._roles(fun, bound, parameters, objects)
        self.scope.add(self.roles.scope)

    def changed(self, fun: Any, bound: dict[str, Any], data: Mapping[str, Any]) -> list[str]:
        """The names of data of a gradient, all of them numbers now, that are not what they were at the first."""
        self._sample = self._sample or (fun, bound)
        made_of = self.roles.sources.values()
        sources = frozenset[str]().union(*made_of) if len(made_of) == 2 else None
        found = []
        for name, entry in data.items():
            if np.size(entry) > 1 and is_numeric(entry) and (sources is None or name in sources):
                # NumPy's arrays may be written into later.
                first = self._data.setdefault(name, entry.copy() if isinstance(entry, np.ndarray) else entry)
                if first is not entry and not np.array_equal(np.asarray(first, float), np.asarray(entry, float), True):
                    found.append(name)
        return found

    def known(self, parameters: set[str], objects: Objects) -> list[Known]:
        """What the function computes for itself first, then what it is given."""
        computed = self.roles.computed
        if self._sample is not None and self.roles.sources and None in computed.values():
            # It was read while tracing, where there are no numbers.
            computed |= self._roles(*self._sample, parameters, objects).computed
        for role, array in computed.items():
            if array is None:
                self.scope.doubt(f"{role} is computed in the loss, where its numbers are not seen")
        found: list[Known] = [([], role, array) for role, array in computed.items()]
        for name, entry in self._data.items():
            others = [other for other, value in objects if value is entry and other != name]
            found.append(([name, *others], self.roles.roles.get(name), entry))
        return found

    def _roles(self, fun: Any, bound: dict[str, Any], parameters: set[str], objects: Objects) -> Roles:
        names = {id(value): name for name, value in reversed(objects)}

        def closed_over(value: Any) -> str | None:
            """An array's name; it is data, where the function closes over it."""
            name = names.get(id(value))
            if name is not None and np.size(value) > 1:
                self._data.setdefault(name, value)
            return name

        try:
            return roles.read(fun, bound, leaves_of(bound), parameters, closed_over)
        except Exception:  # an argument that is no array, such as a flag: names alone must do
            return Roles()
