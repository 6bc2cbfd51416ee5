"""By which variables a script knows the parameters of a JAX function, found by identity over all calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class ParameterNames:
    """For each parameter, by its path in the function's arguments, the names that have been its at every call."""

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
