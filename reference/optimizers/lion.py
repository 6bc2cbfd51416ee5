"""Lion."""

from __future__ import annotations

from dataclasses import dataclass

from reference.domains import Algebraic, Value
from reference.optimizers import Params
from reference.optimizers.forms import decayed, filled, gradient, moving_average
from reference.optimizers.recurrence import Recurrence


@dataclass(frozen=True)
class Lion(Recurrence):
    """`θ ← (1 - lr λ) θ - lr sign(β₁ m + (1-β₁) g)`, `m ← β₂ m + (1-β₂) g`.

    Where rounding leaves the sign open, the step may go either way, or nowhere.

    Sources: Chen et al., arXiv 2302.06675. optax 0.2.8, `lion`, and Keras 3.15, `optimizers/lion.py`, are the same;
    torch 2.13 has none.

    Parameters
    ----------
    lr, betas
        lr, β₁ and β₂.
    weight_decay, maximize
        λ, decoupled; and whether `-g` takes the place of g.
    """

    lr: float = 1e-4
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.0
    maximize: bool = False

    def quantities(self, d: Algebraic, theta: Value) -> Params:
        """Zeros."""
        return {"exp_avg": filled(d, theta)}

    def update(self, d: Algebraic, theta: Value, g: Value, old: Params, t: int) -> tuple[Value, Params]:  # noqa: ARG002
        """One step of the recurrence above."""
        g, rate = gradient(d, g, theta, self.maximize, 0.0), d.scalars.constant(self.lr)
        direction = moving_average(d, old["exp_avg"], [g], self.betas[0])
        theta = decayed(d, theta, rate, self.lr, self.weight_decay)
        step = d.constant(rate)
        moved = d.by_sign(direction, d.add(theta, step), theta, d.subtract(theta, step))
        return d.store(moved), {"exp_avg": moving_average(d, old["exp_avg"], [g], self.betas[1])}
