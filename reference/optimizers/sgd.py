"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from reference import validate
from reference.domains import Elementwise, Value
from reference.domains.exact import Exact
from reference.domains.floats import Floats
from reference.dyadic import FloatArray
from reference.optimizers import Params, State

BUFFER = "momentum_buffer"
EXACT, FLOATS = Exact(), Floats()


@dataclass(frozen=True)
class SGD:
    """`v ← μ v + (1 - d) g`, `θ ← θ - lr v`; without momentum, `θ ← θ - lr g`.

    Sources: torch 2.13, `torch/optim/sgd.py`, whose options and defaults these are; optax 0.2.8, `sgd`, has the same
    recurrence without dampening; Keras 3.15, `optimizers/sgd.py`, has `lr_inside_buffer` and `decoupled`.

    Parameters
    ----------
    lr
        the learning rate; the float itself is meant, not the decimal it was written as.
    momentum, dampening
        μ and d. The first step is undamped, `v = g`.
    nesterov
        `g + μ v` takes the place of v in the step.
    weight_decay
        λ: `g + λ θ` takes the place of g.
    decoupled
        `θ ← θ - lr λ θ` before the step instead, which momentum then does not see.
    maximize
        `-g` takes the place of g.
    lr_inside_buffer
        `v ← μ v - lr g`, `θ ← θ + v`: the same while lr stays, and another path where it changes.

    Raises
    ------
    ValueError
        if lr is negative or not finite.
    """

    lr: float
    momentum: float = 0.0
    dampening: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0
    decoupled: bool = False
    maximize: bool = False
    lr_inside_buffer: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "lr", validate.learning_rate(self.lr))

    def init(self, d: Elementwise, params: Params) -> State:  # noqa: ARG002 - others begin with zeros
        """No updates, and no buffer: the first step makes it."""
        return State()

    def step(self, d: Elementwise, params: Params, grads: Params, state: State) -> tuple[Params, State]:
        """One step of the recurrence above."""
        after: dict[str, Value] = {}
        buffers: dict[str, Value] = {}
        for name, theta in params.items():
            g = d.negate(grads[name]) if self.maximize else grads[name]
            if self.weight_decay and self.decoupled:
                theta = d.scale(theta, 1 - Fraction(self.lr) * Fraction(self.weight_decay))
            elif self.weight_decay:
                g = d.add(d.scale(theta, self.weight_decay), g)
            if not self.momentum:
                after[name] = d.store(d.subtract(theta, d.scale(g, self.lr)))
                continue
            kept = d.scale(state.values[BUFFER][name], self.momentum) if state.step else None
            if self.lr_inside_buffer:
                buffers[name], after[name] = self._moved_by_buffer(d, theta, d.negate(d.scale(g, self.lr)), kept)
            else:
                v = d.store(g if kept is None else d.add(kept, d.scale(g, 1 - Fraction(self.dampening))))
                ahead = d.add(g, d.scale(v, self.momentum)) if self.nesterov else v
                buffers[name], after[name] = v, d.store(d.subtract(theta, d.scale(ahead, self.lr)))
        return after, State(state.step + 1, {BUFFER: buffers} if buffers else {})

    def _moved_by_buffer(self, d: Elementwise, theta: Value, step: Value, kept: Value | None) -> tuple[Value, Value]:
        v = d.store(step if kept is None else d.add(kept, step))
        return v, d.store(d.add(theta, d.add(d.scale(v, self.momentum), step) if self.nesterov else v))


def descended(d: Elementwise, V: Value, gradient: Value, lr: float) -> Value:
    """`V - lr gradient`, one plain step on one array; a negative rate climbs."""
    after, _ = SGD(abs(lr), maximize=lr < 0).step(d, {"V": V}, {"V": gradient}, State())
    return after["V"]


def descended_floats(V: FloatArray, gradient: FloatArray, lr: float) -> FloatArray:
    """The same in plain float64."""
    return np.asarray(descended(FLOATS, V, gradient, lr))


def update_error(before: FloatArray, gradient: FloatArray, lr: float, after: FloatArray) -> FloatArray:
    """`after - (before - lr gradient)`, elementwise on arrays of one shape, rounded to float64 once.

    Raises
    ------
    ValueError
        if a number is NaN or infinite.
    """
    d = EXACT
    error = d.subtract(d.lift(after), descended(d, d.lift(before), d.lift(gradient), lr))
    return error.to_floats()
