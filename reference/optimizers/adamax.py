"""Adamax."""

from __future__ import annotations

from dataclasses import dataclass

from reference.domains import Algebraic, Value
from reference.optimizers import Params
from reference.optimizers.forms import correction, decayed, filled, gradient, moving_average
from reference.optimizers.recurrence import Recurrence


@dataclass(frozen=True)
class Adamax(Recurrence):
    """`m ← β₁ m + (1-β₁) g`, `u ← max(β₂ u, |g| + ε)`, `θ ← θ - lr / (1-β₁ᵗ) m / u`.

    Sources: Kingma & Ba, arXiv 1412.6980, §7.1. torch 2.13, `torch/optim/adamax.py`, whose options and defaults these
    are; optax 0.2.8, `scale_by_adamax`, is the same; Keras 3.15, `optimizers/adamax.py`, has `eps_after_maximum`.

    Parameters
    ----------
    lr, betas, eps
        lr, β₁ and β₂, ε.
    weight_decay, decoupled, maximize
        as in `adam.Adam`.
    eps_after_maximum
        `u ← max(β₂ u, |g|)`, and `u + ε` in the step.
    """

    lr: float = 2e-3
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0
    maximize: bool = False
    decoupled: bool = False
    eps_after_maximum: bool = False

    def quantities(self, d: Algebraic, theta: Value) -> Params:
        """Zeros."""
        return {"exp_avg": filled(d, theta), "exp_inf": filled(d, theta)}

    def update(self, d: Algebraic, theta: Value, g: Value, old: Params, t: int) -> tuple[Value, Params]:
        """One step of the recurrence above; as capturable has it, u is scaled by three roundings more."""
        g = gradient(d, g, theta, self.maximize, 0.0 if self.decoupled else self.weight_decay)
        m = moving_average(d, old["exp_avg"], [g], self.betas[0])
        decayed_norm = d.multiply(d.constant(self.betas[1]), d.nonnegative(old["exp_inf"]))
        eps, size = d.constant(self.eps), d.absolute(g)
        u = d.store(d.maximum(decayed_norm, size if self.eps_after_maximum else d.add(size, eps)))
        denominator = d.loosened(d.add(u, eps) if self.eps_after_maximum else u, 3)
        rate, c1 = d.scalars.constant(self.lr), d.constant(correction(d, self.betas[0], t))
        theta = decayed(d, theta, rate, self.lr, self.weight_decay if self.decoupled else 0.0)
        step = d.product([d.constant(rate), m], [c1, denominator])
        return d.store(d.subtract(theta, step)), {"exp_avg": m, "exp_inf": u}
