"""Averaged stochastic gradient descent."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from reference.domains import Algebraic, Value
from reference.optimizers import Params
from reference.optimizers.forms import decayed, filled, gradient
from reference.optimizers.recurrence import Recurrence


@dataclass(frozen=True)
class ASGD(Recurrence):
    """`θ ← (1 - λ η) θ - η g`, `a ← a + μ (θ - a)`, then `η ← lr / (1 + λ lr t)^α`, `μ ← 1 / max(1, t - t₀)`.

    η and μ are numbers beside the arrays. Where μ is 1, a may also be a copy of θ.

    Sources: Polyak & Juditsky, SIAM J. Control Optim. 30, 1992; torch 2.13, `torch/optim/asgd.py`, whose options and
    defaults these are. optax and Keras have no counterpart.

    Parameters
    ----------
    lr, lambd, alpha, t0
        lr, λ, α, t₀.
    weight_decay
        λ': `g + λ' θ` takes the place of g.
    maximize
        `-g` takes the place of g.
    """

    lr: float = 1e-2
    lambd: float = 1e-4
    alpha: float = 0.75
    t0: float = 1e6
    weight_decay: float = 0.0
    maximize: bool = False

    def quantities(self, d: Algebraic, theta: Value) -> Params:
        """lr, 1 and zeros."""
        return {"eta": d.scalars.constant(self.lr), "mu": d.scalars.constant(1.0), "ax": filled(d, theta)}

    def update(self, d: Algebraic, theta: Value, g: Value, old: Params, t: int) -> tuple[Value, Params]:
        """One step of the recurrence above; λ θ may also be added to g, one rounding more of it."""
        s, one = d.scalars, d.scalars.constant(1.0)
        g = gradient(d, g, theta, self.maximize, self.weight_decay)
        kept = decayed(d, theta, old["eta"], self.lr, self.lambd)
        theta = d.store(d.subtract(kept, d.loosened(d.multiply(d.constant(old["eta"]), g), 1)))
        mean = d.store(d.add(old["ax"], d.multiply(d.constant(old["mu"]), d.subtract(theta, old["ax"]))))
        if t - 1 - self.t0 <= 1:  # μ = 1
            mean = d.either(theta, mean)
        fallen = s.add(one, s.product([s.constant(self.lambd), s.constant(self.lr), s.constant(float(t))]))
        eta = s.product([s.constant(self.lr)], [s.power(fallen, Fraction(self.alpha))])
        late = s.subtract(s.constant(float(t)), s.constant(self.t0))
        mu = s.product([one], [s.maximum(one, late)])
        return theta, {"eta": eta, "mu": mu, "ax": mean}
