"""Adadelta."""

from __future__ import annotations

from dataclasses import dataclass

from reference.domains import Algebraic, Value
from reference.optimizers import Params
from reference.optimizers.forms import decayed, filled, gradient, moving_average
from reference.optimizers.recurrence import Recurrence


@dataclass(frozen=True)
class Adadelta(Recurrence):
    """`v ← ρ v + (1-ρ) g²`, `δ = √(D + ε) / √(v + ε) g`, `D ← ρ D + (1-ρ) δ²`, `θ ← θ - lr δ`.

    Sources: Zeiler, arXiv 1212.5701. torch 2.13, `torch/optim/adadelta.py`, whose options and defaults these are; the
    same recurrence in optax 0.2.8, `adadelta`, and in Keras 3.15, `optimizers/adadelta.py`, with other defaults.

    Parameters
    ----------
    lr, rho, eps
        lr, ρ, ε.
    weight_decay, decoupled, maximize
        as in `adam.Adam`.
    """

    lr: float = 1.0
    rho: float = 0.9
    eps: float = 1e-6
    weight_decay: float = 0.0
    maximize: bool = False
    decoupled: bool = False

    def quantities(self, d: Algebraic, theta: Value) -> Params:
        """Zeros."""
        return {"square_avg": filled(d, theta), "acc_delta": filled(d, theta)}

    def update(self, d: Algebraic, theta: Value, g: Value, old: Params, t: int) -> tuple[Value, Params]:  # noqa: ARG002
        """One step of the recurrence above."""
        g = gradient(d, g, theta, self.maximize, 0.0 if self.decoupled else self.weight_decay)
        v = moving_average(d, old["square_avg"], [g, g], self.rho, squares=True)
        before, eps = d.nonnegative(old["acc_delta"]), d.constant(self.eps)
        delta = d.product([d.sqrt(d.add(before, eps)), g], [d.sqrt(d.add(v, eps))])
        kept = {"square_avg": v, "acc_delta": moving_average(d, before, [delta, delta], self.rho, squares=True)}
        rate = d.scalars.constant(self.lr)
        theta = decayed(d, theta, rate, self.lr, self.weight_decay if self.decoupled else 0.0)
        return d.store(d.subtract(theta, d.multiply(d.constant(rate), delta))), kept
