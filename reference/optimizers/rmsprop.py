"""RMSprop, plain, centred and with momentum."""

from __future__ import annotations

from dataclasses import dataclass

from reference.domains import Algebraic, Value
from reference.optimizers import Params
from reference.optimizers.forms import correction, decayed, filled, gradient, moving_average
from reference.optimizers.recurrence import Recurrence


@dataclass(frozen=True)
class RMSprop(Recurrence):
    """`v ← α v + (1-α) g²`, `θ ← θ - lr g / (√v + ε)`; with momentum, `b ← μ b + g / (√v + ε)`, `θ ← θ - lr b`.

    Sources: Tieleman & Hinton, lecture 6.5, 2012; Graves, arXiv 1308.0850, for `centered`. torch 2.13,
    `torch/optim/rmsprop.py`, whose options and defaults these are; optax 0.2.8, `rmsprop`, and Keras 3.15,
    `optimizers/rmsprop.py`, have `eps_inside_root` and `lr_inside_buffer`, and α = 0.9; Keras' decay is `decoupled`.

    Parameters
    ----------
    lr, alpha, eps, momentum
        lr, α, ε, μ.
    weight_decay, decoupled, maximize
        as in `adam.Adam`.
    centered
        `√(v - a²)` takes the place of `√v`, where `a ← α a + (1-α) g`. Where rounding may make that negative, nothing
        is said.
    eps_inside_root
        `√(v + ε)` takes the place of `√v + ε`.
    lr_inside_buffer
        `b ← μ b + lr g / (√v + ε)`, `θ ← θ - b`: the same while lr stays.
    nesterov
        `g / (√v + ε) + μ b` takes the place of b in the step, with lr inside or outside.
    initial
        what v starts with.
    corrected
        `v / (1-αᵗ)` and `a / (1-αᵗ)` take the places of v and a.
    """

    lr: float = 1e-2
    alpha: float = 0.99
    eps: float = 1e-8
    weight_decay: float = 0.0
    momentum: float = 0.0
    centered: bool = False
    maximize: bool = False
    decoupled: bool = False
    eps_inside_root: bool = False
    lr_inside_buffer: bool = False
    nesterov: bool = False
    initial: float = 0.0
    corrected: bool = False

    def quantities(self, d: Algebraic, theta: Value) -> Params:
        """Zeros, but for v."""
        found = {"square_avg": filled(d, theta, self.initial)}
        if self.centered:
            found["grad_avg"] = filled(d, theta)
        if self.momentum:
            found["momentum_buffer"] = filled(d, theta)
        return found

    def update(self, d: Algebraic, theta: Value, g: Value, old: Params, t: int) -> tuple[Value, Params]:
        """One step of the recurrence above."""
        g = gradient(d, g, theta, self.maximize, 0.0 if self.decoupled else self.weight_decay)
        v = moving_average(d, old["square_avg"], [g, g], self.alpha, squares=True)
        kept = {"square_avg": v}
        under = [d.constant(correction(d, self.alpha, t))] if self.corrected else []
        inside = d.nonnegative(d.product([v], under))
        if self.centered:
            a = kept["grad_avg"] = moving_average(d, old["grad_avg"], [g], self.alpha)
            a = d.product([a], under)
            inside = d.subtract(inside, d.multiply(a, a))
        denominator = self._denominator(d, inside)
        theta = decayed(d, theta, d.scalars.constant(self.lr), self.lr, self.weight_decay if self.decoupled else 0.0)
        lr = d.constant(d.scalars.constant(self.lr))
        if not self.momentum:
            return d.store(d.subtract(theta, d.product([lr, g], [denominator]))), kept
        step = d.product([lr, g] if self.lr_inside_buffer else [g], [denominator])
        mu = d.constant(self.momentum)
        b = kept["momentum_buffer"] = d.store(d.add(d.multiply(mu, old["momentum_buffer"]), step))
        ahead = d.add(step, d.multiply(mu, b)) if self.nesterov else b
        moved = ahead if self.lr_inside_buffer else d.multiply(lr, ahead)
        return d.store(d.subtract(theta, moved)), kept

    def _denominator(self, d: Algebraic, inside: Value) -> Value:
        """Also divided by lr, as torch's capturable has it: three roundings more."""
        if self.eps_inside_root:
            return d.loosened(d.sqrt(d.add(inside, d.constant(self.eps))), 3)
        return d.loosened(d.add(d.sqrt(inside), d.constant(self.eps)), 3)
