"""What was seen of a script while it ran: the same record for every framework."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from gradagree.runtime.failure import Failure

Packed = dict[str, Any]  # an array: its shape, the name of its dtype, its values in one list


@dataclass
class Parameter:
    """Something that received gradients."""

    name: str  # as the script knows it, `"w"`, `"model.weight"`; `"parameter 1"` where it has no name
    role: str | None = None  # `"w"` or `"b"`, where its use told
    transposed: bool | None = None  # whether it is multiplied as `x @ w.T`, as `nn.Linear` does, where its use told
    device: str = "cpu"


@dataclass
class Data:
    """An array that received none."""

    names: list[str]  # as the script knows it; none for an intermediate result
    role: str | None  # `"x"` or `"y"`, where its use in the loss told
    values: Packed


@dataclass
class Step:
    """One gradient: the parameters it was taken at, by name, itself, the loss, the script's rates."""

    parameters: dict[str, Packed]
    gradients: dict[str, Packed | None]
    loss: float | None
    rates: dict[str, float] = field(default_factory=dict)


@dataclass
class Observations:
    """All that was seen."""

    parameters: list[Parameter] = field(default_factory=list)
    data: list[Data] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    end: dict[str, Packed] = field(default_factory=dict)  # the parameters after the script, those that are still found
    end_guessed: bool = False  # whether they were found by names alone, which may be others' by then
    rates: dict[str, float] = field(default_factory=dict)  # numbers called as learning rates are, by name
    attempts: int = 0  # how often a gradient was asked for, given or not
    failure: Failure | None = None  # the exception that ended the script
    timed_out: bool = False
    # In words, what is outside least squares by plain gradient descent; and what is, unless a mistake explains it.
    outside: list[str] = field(default_factory=list)
    unusual: list[str] = field(default_factory=list)
    declared: str | None = None  # the reduction that the loss names by a word, where it is `"sum"`

    def as_json(self) -> dict[str, Any]:
        """A dictionary of plain values."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Observations:
        """The observations that `as_json` wrote."""
        return msgspec.convert(values, cls)
