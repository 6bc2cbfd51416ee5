"""What sees the gradients that a script takes: what is alike in the watchers of all frameworks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

from gradagree.runtime.watching.names import Namespace, named, rates
from gradagree.runtime.watching.observations import Data, Observations, Packed, Parameter, Step
from gradagree.runtime.watching.scope import Scope

LARGEST = 1_000_000  # numbers in an array that is still looked at

OTHER_DATA = "is not taken on the data of gradient 0, in their order"

# The names by which the script knows an array, its role, x or y, if its use told, and the array.
Known = tuple[list[str], str | None, Any]


class Watcher(ABC):
    """While entered, sees each gradient that the script at `path` takes.

    Attributes
    ----------
    attempts
        how often a gradient was asked for, given or not.
    parameters
        what gradients were taken for, by name.
    scope
        what was seen that is outside least squares.
    rates
        the script's learning rates by name, as first seen.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.attempts = 0
        self.parameters: dict[str, Parameter] = {}
        self.scope = Scope()
        self.rates: dict[str, float] = {}

    @abstractmethod
    def __enter__(self) -> Self:
        """Patch what gradients are taken by."""

    @abstractmethod
    def __exit__(self, *details: Any) -> None:
        """Put it back."""

    def observations(self, space: Namespace) -> Observations:
        """All that was seen, after the script has left `space`."""
        self.finish()
        self.rates = self.rates or rates([space])
        objects = list(named([space]))
        known = self.known_data(objects)
        shown = {name for names, _, _ in known for name in names}
        others: list[Known] = [
            ([name], None, value) for name, value in objects if name not in shown and self.is_data(value)
        ]
        copies = [(names, role, self.copied(array)) for names, role, array in (*known, *others)]
        end, guessed = self.end(dict(objects))
        return Observations(
            parameters=list(self.parameters.values()),
            data=[Data(names, role, values) for names, role, values in copies if values is not None],
            steps=self.recorded_steps(),
            end=end,
            end_guessed=guessed,
            rates=self.rates,
            attempts=self.attempts,
            outside=self.scope.outside,
            unusual=self.scope.unusual,
            declared=self.scope.declared,
        )

    def finish(self) -> None:  # noqa: B027
        """Wait for what the framework still has to do."""

    @abstractmethod
    def recorded_steps(self) -> list[Step]:
        """The gradients, in their order."""

    @abstractmethod
    def known_data(self, objects: list[tuple[str, Any]]) -> list[Known]:
        """The arrays that took part and received no gradient."""

    @abstractmethod
    def end(self, objects: dict[str, Any]) -> tuple[dict[str, Packed], bool]:
        """The parameters after the script, those that are still found; and whether they were found by names alone."""

    @abstractmethod
    def is_data(self, value: Any) -> bool:
        """Whether a value of the script's may be data, by its type and size."""

    @abstractmethod
    def copied(self, array: Any) -> Packed | None:
        """An array's numbers as they are now, `None` where it has none that could be data."""
