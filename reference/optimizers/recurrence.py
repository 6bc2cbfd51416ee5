"""Optimizers that treat every parameter by itself: one step of one parameter, for all of them."""

from __future__ import annotations

from reference import validate
from reference.domains import Algebraic, Value
from reference.optimizers import Params, State


class Recurrence:
    """An optimizer of which `quantities` and `update` are to be written; `lr` is checked.

    Raises
    ------
    ValueError
        if lr is negative or not finite.
    """

    lr: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "lr", validate.learning_rate(self.lr))

    def quantities(self, d: Algebraic, theta: Value) -> Params:
        """The state of one parameter before the first step, by quantity."""
        raise NotImplementedError

    def update(self, d: Algebraic, theta: Value, g: Value, old: Params, t: int) -> tuple[Value, Params]:
        """One parameter and its state after step t, counted from 1."""
        raise NotImplementedError

    def init(self, d: Algebraic, params: Params) -> State:
        """The state before the first step."""
        return State(0, _by_quantity({name: self.quantities(d, theta) for name, theta in params.items()}))

    def step(self, d: Algebraic, params: Params, grads: Params, state: State) -> tuple[Params, State]:
        """The parameters and the state after one more step."""
        after: dict[str, Value] = {}
        kept: dict[str, Params] = {}
        for name, theta in params.items():
            old = {quantity: values[name] for quantity, values in state.values.items()}
            after[name], kept[name] = self.update(d, theta, grads[name], old, state.step + 1)
        return after, State(state.step + 1, _by_quantity(kept))


def _by_quantity(found: dict[str, Params]) -> dict[str, Params]:
    quantities = {quantity: None for values in found.values() for quantity in values}
    return {quantity: {name: found[name][quantity] for name in found} for quantity in quantities}
