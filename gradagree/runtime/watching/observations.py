"""What was seen of a script while it ran: the same record for every framework."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from gradagree.runtime.failure import Failure

Packed = dict[str, Any]


@dataclass
class Parameter:
    """Something that received gradients.

    Parameters
    ----------
    name
        as the script knows it, `"w"`, `"model.weight"`; `"parameter 1"` where it has no name.
    role
        `"w"` or `"b"`, where its use told; else `None`.
    transposed
        whether it is multiplied as `x @ w.T`, as `nn.Linear` does; `None` where its use does not tell.
    device
        where it lives.
    """

    name: str
    role: str | None = None
    transposed: bool | None = None
    device: str = "cpu"


@dataclass
class Data:
    """An array that received none.

    Parameters
    ----------
    names
        as the script knows it; none for an intermediate result.
    role
        `"x"` or `"y"`, where its use in the loss told.
    values
        packed.
    """

    names: list[str]
    role: str | None
    values: Packed


@dataclass
class Step:
    """One gradient: the parameters it was taken at, by name, itself, the loss, the script's rates. Arrays: packed."""

    parameters: dict[str, Packed]
    gradients: dict[str, Packed | None]
    loss: float | None
    rates: dict[str, float] = field(default_factory=dict)


@dataclass
class Observations:
    """All that was seen.

    Parameters
    ----------
    parameters, data
        that took part.
    steps
        in their order.
    end
        the parameters after the script, by name; those that could still be found.
    end_guessed
        whether the end was found by names alone, which may be others' by then.
    rates
        numbers called as learning rates are, by name.
    attempts
        how often a gradient was asked for, given or not.
    failure
        the exception that ended the script.
    timed_out
        whether it was stopped.
    outside
        what was seen that is outside least squares by plain gradient descent, in words.
    unusual
        what was seen that is outside too, unless a mistake of the catalogue explains it.
    declared
        the reduction that the loss names by a word, where it is `"sum"`.
    """

    parameters: list[Parameter] = field(default_factory=list)
    data: list[Data] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    end: dict[str, Packed] = field(default_factory=dict)
    end_guessed: bool = False
    rates: dict[str, float] = field(default_factory=dict)
    attempts: int = 0
    failure: Failure | None = None
    timed_out: bool = False
    outside: list[str] = field(default_factory=list)
    unusual: list[str] = field(default_factory=list)
    declared: str | None = None

    def as_json(self) -> dict[str, Any]:
        """A dictionary of plain values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Observations:
        """The observations that `as_json` wrote."""
        return cls(
            **{
                **values,
                "parameters": [Parameter(**entry) for entry in values["parameters"]],
                "data": [Data(**entry) for entry in values["data"]],
                "steps": [Step(**entry) for entry in values["steps"]],
                "failure": None if values["failure"] is None else Failure(**values["failure"]),
            }
        )
