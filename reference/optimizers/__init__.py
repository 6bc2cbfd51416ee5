"""Optimizers as recurrences, each written once over a domain: parameters, gradients and state give the next two.

An update is judged from what was recorded: parameters, gradients and state as an implementation reports them give the
next ones with the roundings of a single step, over `domains.Rounded`, and exactly, over `domains.Exact`. Variants that
frameworks differ in are options of one recurrence, named for what they change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from reference.domains import Algebraic, Value

Params = Mapping[str, Value]


@dataclass(frozen=True)
class State:
    """What an optimizer keeps between steps.

    Parameters
    ----------
    step
        how many updates were made.
    values
        by quantity, then by parameter: `values["momentum_buffer"]["w"]`.
    """

    step: int = 0
    values: Mapping[str, Params] = field(default_factory=dict)


class Optimizer(Protocol):
    """A recurrence, and the options it has."""

    @property
    def lr(self) -> float:
        """The learning rate."""

    def init(self, d: Algebraic, params: Params) -> State:
        """The state before the first step."""

    def step(self, d: Algebraic, params: Params, grads: Params, state: State) -> tuple[Params, State]:
        """The parameters and the state after one more step."""
