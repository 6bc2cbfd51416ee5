"""Adagrad."""

from __future__ import annotations

from dataclasses import dataclass

from reference.domains import Algebraic, Value
from reference.optimizers import Params
from reference.optimizers.forms import decayed, filled, gradient
from reference.optimizers.recurrence import Recurrence


@dataclass(frozen=True)
class Adagrad(Recurrence):
    """`s ← s + g²`, `θ ← θ - lr / (1 + (t-1) lr_decay) g / (√s + ε)`.

    Sources: Duchi, Hazan & Singer, JMLR 12, 2011. torch 2.13, `torch/optim/adagrad.py`, whose options and defaults
    these are; optax 0.2.8, `adagrad`, and Keras 3.15, `optimizers/adagrad.py`, have `eps_inside_root`, ε = 1e-7 and
    start at 0.1; Keras' decay is `decoupled`.

    Parameters
    ----------
    lr, lr_decay, eps
        lr, the rate at which it falls, ε.
    weight_decay, decoupled, maximize
        as in `adam.Adam`.
    initial_accumulator_value
        what s starts with.
    eps_inside_root
        `√(s + ε)` takes the place of `√s + ε`.
    """

    lr: float = 1e-2
    lr_decay: float = 0.0
    weight_decay: float = 0.0
    initial_accumulator_value: float = 0.0
    eps: float = 1e-10
    maximize: bool = False
    decoupled: bool = False
    eps_inside_root: bool = False

    def quantities(self, d: Algebraic, theta: Value) -> Params:
        """What s starts with."""
        return {"sum": filled(d, theta, self.initial_accumulator_value)}

    def update(self, d: Algebraic, theta: Value, g: Value, old: Params, t: int) -> tuple[Value, Params]:
        """One step of the recurrence above."""
        s, rate = d.scalars, d.scalars.constant(self.lr)
        g = gradient(d, g, theta, self.maximize, 0.0 if self.decoupled else self.weight_decay)
        total = d.nonnegative(d.store(d.add(d.nonnegative(old["sum"]), d.nonnegative(d.multiply(g, g)))))
        if self.eps_inside_root:
            denominator = d.sqrt(d.add(total, d.constant(self.eps)))
        else:
            denominator = d.add(d.sqrt(total), d.constant(self.eps))
        theta = decayed(d, theta, rate, self.lr, self.weight_decay if self.decoupled else 0.0)
        if self.lr_decay and t > 1:
            fallen = s.add(s.constant(1.0), s.multiply(s.constant(float(t - 1)), s.constant(self.lr_decay)))
            rate = s.product([rate], [fallen])
        return d.store(d.subtract(theta, d.product([d.constant(rate), g], [denominator]))), {"sum": total}
