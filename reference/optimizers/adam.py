"""Adam, AdamW and AMSGrad: one recurrence."""

from __future__ import annotations

from dataclasses import dataclass

from reference.domains import Algebraic, Value
from reference.optimizers import Params
from reference.optimizers.forms import complement, correction, decayed, filled, gradient, moving_average
from reference.optimizers.recurrence import Recurrence


@dataclass(frozen=True)
class Adam(Recurrence):
    """`m ← β₁ m + (1-β₁) g`, `v ← β₂ v + (1-β₂) g²`, `θ ← θ - lr m̂ / (√v̂ + ε)`, `m̂ = m / (1-β₁ᵗ)`, `v̂ = v / (1-β₂ᵗ)`.

    Inside the bounds are what frameworks make of it: `lr / (1-β₁ᵗ)` in one factor or two, `√v / √(1-β₂ᵗ)` for `√v̂`,
    the denominator divided by the step size (torch's capturable), moments as `forms.moving_average` has them, and decay
    as `forms.decayed` has it. ε must not vanish beside nothing: where `√v̂` is zero, the denominator is ε.

    Sources: Kingma & Ba, arXiv 1412.6980; Loshchilov & Hutter, arXiv 1711.05101; Reddi, Kale & Kumar, *On the
    convergence of Adam and beyond*, 2018. torch 2.13, `torch/optim/adam.py`, whose options and defaults these are;
    AdamW is `decoupled`. optax 0.2.8, `scale_by_adam`, has the same recurrence, and `eps_root` and `nesterov`; its
    `amsgrad` has `amsgrad_of_corrected`. Keras 3.15, `optimizers/adam.py`, has `eps_before_correction`,
    and `decoupled` decay in Adam too.

    Parameters
    ----------
    lr, betas, eps
        lr, β₁ and β₂, ε; the floats themselves are meant.
    weight_decay
        λ: `g + λ θ` takes the place of g.
    decoupled
        `θ ← (1 - lr λ) θ` before the step instead.
    amsgrad
        the largest v so far takes the place of v in the step.
    amsgrad_of_corrected
        the largest v̂ so far does, instead.
    maximize
        `-g` takes the place of g.
    eps_root
        `√(v̂ + eps_root)` takes the place of `√v̂`.
    eps_before_correction
        `θ ← θ - lr √(1-β₂ᵗ) / (1-β₁ᵗ) m / (√v + ε)`: ε is larger by `1/√(1-β₂ᵗ)`.
    nesterov
        `β₁ m / (1-β₁ᵗ⁺¹) + (1-β₁) g / (1-β₁ᵗ)` takes the place of m̂ (Dozat's NAdam without a schedule).
    uncorrected
        m and v take the places of m̂ and v̂.
    """

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0
    decoupled: bool = False
    amsgrad: bool = False
    amsgrad_of_corrected: bool = False
    maximize: bool = False
    eps_root: float = 0.0
    eps_before_correction: bool = False
    nesterov: bool = False
    uncorrected: bool = False

    def quantities(self, d: Algebraic, theta: Value) -> Params:
        """Zeros."""
        names = ("exp_avg", "exp_avg_sq", *(["max_exp_avg_sq"] if self.amsgrad else []))
        return {name: filled(d, theta) for name in names}

    def update(self, d: Algebraic, theta: Value, g: Value, old: Params, t: int) -> tuple[Value, Params]:
        """One step of the recurrence above."""
        s, lr = d.scalars, d.scalars.constant(self.lr)
        g = gradient(d, g, theta, self.maximize, 0.0 if self.decoupled else self.weight_decay)
        m = moving_average(d, old["exp_avg"], [g], self.betas[0])
        v = moving_average(d, old["exp_avg_sq"], [g, g], self.betas[1], squares=True)
        kept = {"exp_avg": m, "exp_avg_sq": v}
        one = s.constant(1.0)
        c1, c2 = (one if self.uncorrected else correction(d, beta, t) for beta in self.betas)
        corrected = self.amsgrad_of_corrected and self.amsgrad
        if corrected:
            v, c2 = d.store(d.product([v], [d.constant(c2)])), one
        if self.amsgrad:
            v = kept["max_exp_avg_sq"] = d.maximum(d.nonnegative(old["max_exp_avg_sq"]), d.nonnegative(v))
        denominator = self._denominator(d, d.nonnegative(v), one if self.eps_before_correction else c2)
        over = [d.constant(s.product([lr, s.sqrt(c2)])) if self.eps_before_correction else d.constant(lr)]
        under = [denominator]
        if self.nesterov:
            m = self._ahead(d, m, g, t)
        elif not self.uncorrected:
            under = [d.constant(c1), denominator]
        theta = decayed(d, theta, lr, self.lr, self.weight_decay if self.decoupled else 0.0)
        return d.store(d.subtract(theta, d.product([*over, m], under))), kept

    def _denominator(self, d: Algebraic, v: Value, c2: Value) -> Value:
        """`√(v / c₂ + eps_root) + ε`; `√v / √c₂` has three roundings more, and dividing it all by lr another three."""
        inside = d.nonnegative(d.product([v], [d.constant(c2)]))
        if self.eps_root:
            inside = d.add(inside, d.constant(self.eps_root))
        root = d.loosened(d.sqrt(inside), 3)
        return d.loosened(d.add(root, d.constant(self.eps)) if self.eps else root, 3)

    def _ahead(self, d: Algebraic, m: Value, g: Value, t: int) -> Value:
        beta = self.betas[0]
        ahead = d.product([d.constant(beta), m], [d.constant(correction(d, beta, t + 1))])
        return d.add(ahead, d.product([d.constant(complement(d, beta)), g], [d.constant(correction(d, beta, t))]))
