"""Rprop."""

from __future__ import annotations

from dataclasses import dataclass

from reference.domains import Algebraic, Value
from reference.optimizers import Params
from reference.optimizers.forms import filled
from reference.optimizers.recurrence import Recurrence


@dataclass(frozen=True)
class Rprop(Recurrence):
    """`η ← clip(η⁺ η)` where `g p > 0`, `clip(η⁻ η)` and `g ← 0` where `g p < 0`; `θ ← θ - sign(g) η`, `p ← g`.

    Sources: Riedmiller & Braun, ICNN 1993. torch 2.13, `torch/optim/rprop.py`, whose options and defaults these are;
    optax 0.2.8, `scale_by_rprop`, has `prev_holds_step` and `clips_changes`.

    Parameters
    ----------
    lr
        what η starts with.
    etas, step_sizes
        η⁻ and η⁺; the smallest η and the largest.
    maximize
        `-g` takes the place of g.
    prev_holds_step
        `p ← sign(g) η`.
    clips_changes
        η is clipped only where it changes.
    """

    lr: float = 1e-2
    etas: tuple[float, float] = (0.5, 1.2)
    step_sizes: tuple[float, float] = (1e-6, 50.0)
    maximize: bool = False
    prev_holds_step: bool = False
    clips_changes: bool = False

    def quantities(self, d: Algebraic, theta: Value) -> Params:
        """No gradient before, and lr."""
        return {"prev": filled(d, theta), "step_size": filled(d, theta, self.lr)}

    def update(self, d: Algebraic, theta: Value, g: Value, old: Params, t: int) -> tuple[Value, Params]:  # noqa: ARG002
        """One step of the recurrence above."""
        g = d.negate(g) if self.maximize else g
        trend, size = d.multiply(g, old["prev"]), old["step_size"]
        less, more = (self._clipped(d, d.multiply(d.constant(eta), size)) for eta in self.etas)
        size = d.store(d.by_sign(trend, less, size if self.clips_changes else self._clipped(d, size), more))
        g = d.by_sign(trend, d.lift(0.0), g, g)
        prev = d.by_sign(g, d.negate(size), d.lift(0.0), size) if self.prev_holds_step else g
        moved = d.by_sign(g, d.add(theta, size), theta, d.subtract(theta, size))
        return d.store(moved), {"prev": prev, "step_size": size}

    def _clipped(self, d: Algebraic, size: Value) -> Value:
        low, high = (d.constant(bound) for bound in self.step_sizes)
        return d.negate(d.maximum(d.negate(d.maximum(size, low)), d.negate(high)))
