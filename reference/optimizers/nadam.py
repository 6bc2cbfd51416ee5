"""NAdam with a schedule of its momentum."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from reference.domains import Algebraic, Value
from reference.optimizers import Params
from reference.optimizers.forms import correction, decayed, filled, gradient, moving_average
from reference.optimizers.recurrence import Recurrence


@dataclass(frozen=True)
class NAdam(Recurrence):
    """`θ ← θ - lr (1-μₜ) / (1-Πₜ) g / (√v̂ + ε) - lr μₜ₊₁ / (1-Πₜ μₜ₊₁) m / (√v̂ + ε)`, m, v and v̂ as Adam's.

    `μₜ = β₁ (1 - 0.96^(t ψ) / 2)`, `Πₜ = Πₜ₋₁ μₜ`, which is a number beside the arrays.

    Sources: Dozat, *Incorporating Nesterov momentum into Adam*, 2016. torch 2.13, `torch/optim/nadam.py`, whose options
    and defaults these are; Keras 3.15, `optimizers/nadam.py`, has ψ = 1 and ε = 1e-7; optax 0.2.8 has no schedule: its
    `nadam` is `adam.Adam` with `nesterov`.

    Parameters
    ----------
    lr, betas, eps, momentum_decay
        lr, β₁ and β₂, ε, ψ.
    weight_decay, decoupled, maximize
        as in `adam.Adam`.
    """

    lr: float = 2e-3
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0
    momentum_decay: float = 4e-3
    decoupled: bool = False
    maximize: bool = False

    def quantities(self, d: Algebraic, theta: Value) -> Params:
        """Zeros, and the empty product."""
        return {"exp_avg": filled(d, theta), "exp_avg_sq": filled(d, theta), "mu_product": d.scalars.constant(1.0)}

    def update(self, d: Algebraic, theta: Value, g: Value, old: Params, t: int) -> tuple[Value, Params]:
        """One step of the recurrence above; g and m may be added before they are divided, one rounding more."""
        s, one = d.scalars, d.scalars.constant(1.0)
        g = gradient(d, g, theta, self.maximize, 0.0 if self.decoupled else self.weight_decay)
        m = moving_average(d, old["exp_avg"], [g], self.betas[0])
        v = moving_average(d, old["exp_avg_sq"], [g, g], self.betas[1], squares=True)
        mu, ahead = self._momentum(s, t), self._momentum(s, t + 1)
        product = s.multiply(old["mu_product"], mu)
        root = d.sqrt(d.nonnegative(d.product([v], [d.constant(correction(d, self.betas[1], t))])))
        under = d.add(d.loosened(root, 3), d.constant(self.eps))
        rate = s.constant(self.lr)
        of_g = s.product([rate, s.subtract(one, mu)], [s.subtract(one, product)])
        of_m = s.product([rate, ahead], [s.subtract(one, s.multiply(product, ahead))])
        theta = decayed(d, theta, rate, self.lr, self.weight_decay if self.decoupled else 0.0)
        for coefficient, x in ((of_g, g), (of_m, m)):
            theta = d.subtract(theta, d.loosened(d.product([d.constant(coefficient), x], [under]), 2))
        return d.store(theta), {"exp_avg": m, "exp_avg_sq": v, "mu_product": product}

    def _momentum(self, s: Algebraic, t: int) -> Value:
        power = s.power(s.constant(0.96), t * Fraction(self.momentum_decay)) if self.momentum_decay else s.constant(1.0)
        return s.multiply(s.constant(self.betas[0]), s.subtract(s.constant(1.0), s.multiply(s.constant(0.5), power)))
