"""RAdam."""

from __future__ import annotations

from dataclasses import dataclass

from reference.domains import Algebraic, Value
from reference.optimizers import Params
from reference.optimizers.forms import correction, decayed, filled, gradient, moving_average
from reference.optimizers.recurrence import Recurrence


@dataclass(frozen=True)
class RAdam(Recurrence):
    """`θ ← θ - lr rₜ m̂ √(1-β₂ᵗ) / (√v + ε)` where `ρₜ > 5`, else `θ ← θ - lr m̂`; m, v and m̂ as Adam's.

    `ρ∞ = 2 / (1-β₂) - 1`, `ρₜ = ρ∞ - 2 t β₂ᵗ / (1-β₂ᵗ)`, `rₜ² = (ρₜ-4) (ρₜ-2) ρ∞ / ((ρ∞-4) (ρ∞-2) ρₜ)`. Nearly all of
    ρₜ cancels in early steps: scalars in float32 leave it few digits, and where they cannot tell it from 5, either step
    is inside the bound.

    Sources: Liu et al., arXiv 1908.03265. torch 2.13, `torch/optim/radam.py`, whose options and defaults these are;
    optax 0.2.8, `scale_by_radam`, has `eps_after_correction` and `threshold_included`.

    Parameters
    ----------
    lr, betas, eps
        lr, β₁ and β₂, ε.
    weight_decay, decoupled, maximize
        as in `adam.Adam`.
    threshold, threshold_included
        what takes the place of 5, and whether of `≥` that of `>`.
    eps_after_correction
        `√v̂ + ε` takes the place of `(√v + ε) / √(1-β₂ᵗ)`.
    """

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0
    decoupled: bool = False
    maximize: bool = False
    threshold: float = 5.0
    threshold_included: bool = False
    eps_after_correction: bool = False

    def quantities(self, d: Algebraic, theta: Value) -> Params:
        """Zeros."""
        return {"exp_avg": filled(d, theta), "exp_avg_sq": filled(d, theta)}

    def update(self, d: Algebraic, theta: Value, g: Value, old: Params, t: int) -> tuple[Value, Params]:
        """One step of the recurrence above."""
        s, rate = d.scalars, d.scalars.constant(self.lr)
        g = gradient(d, g, theta, self.maximize, 0.0 if self.decoupled else self.weight_decay)
        m = moving_average(d, old["exp_avg"], [g], self.betas[0])
        v = moving_average(d, old["exp_avg_sq"], [g, g], self.betas[1], squares=True)
        c1, c2 = (correction(d, beta, t) for beta in self.betas)
        rho, rectified = self._rectification(s, c2, t)
        theta = decayed(d, theta, rate, self.lr, self.weight_decay if self.decoupled else 0.0)
        plain = d.product([d.constant(rate), m], [d.constant(c1)])
        scale = s.product([rate, rectified] if self.eps_after_correction else [rate, rectified, s.sqrt(c2)], [c1])
        inside = [d.constant(c2)] if self.eps_after_correction else []
        root = d.loosened(d.sqrt(d.nonnegative(d.product([v], inside))), 3 * self.eps_after_correction)
        under = d.add(root, d.constant(self.eps))
        # The scale may meet m factor by factor.
        adapted = d.loosened(d.product([d.constant(scale), m], [under]), 5)
        beyond = s.subtract(rho, s.constant(self.threshold))
        step = d.by_sign(beyond, plain, adapted if self.threshold_included else plain, adapted)
        return d.store(d.subtract(theta, step)), {"exp_avg": m, "exp_avg_sq": v}

    def _rectification(self, s: Algebraic, c2: Value, t: int) -> tuple[Value, Value]:
        """`ρₜ` and `rₜ`."""
        one, two, four = (s.constant(float(x)) for x in (1, 2, 4))
        beta = s.constant(self.betas[1])
        limit = s.subtract(s.product([two], [s.subtract(one, beta)]), one)
        rho = s.subtract(limit, s.product([two, s.constant(float(t)), s.power(beta, t)], [c2]))
        over = [s.subtract(rho, four), s.subtract(rho, two), limit]
        under = [s.subtract(limit, four), s.subtract(limit, two), rho]
        return rho, s.sqrt(s.product(over, under))
