"""Updates by other optimizers: momentum, weight decay, Adam and its relatives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import OWN, Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from gradagree.diagnosis.mistakes.solve import solve

BRIEF = 8


@predicts("GD210")
def momentum(run: Evidence) -> Iterator[Prediction]:
    """`v = μ v + G; θ - lr v`, one μ for all steps; or `v = μ v + (1-μ) G`."""
    before = run.taken.delayed()

    def heavy(mu: float) -> Enclosure:
        return run.update((mu * before + run.slope).rounded(run.u, 2))

    def averaged(mu: float) -> Enclosure:
        return run.update((mu * before + (1 - mu) * run.slope).rounded(run.u, 3))

    # A sum that never forgets is momentum 1.0; an average that never learns is none.
    for name, family, most in (("momentum", heavy, 1.0), ("an averaged gradient", averaged, 1 - run.u)):
        mu = solve(Enclosure.exact(run.after), family, excluded=(0.0,))
        if mu is not None and 0 < mu <= most:
            label = f"updates with {name}, μ = {mu:.6g}"
            yield Prediction(label, after=family(mu), constants={"mu": mu}, fitted_constants=1)


@predicts("GD211")
def weight_decay(run: Evidence) -> Iterator[Prediction]:
    """`θ - lr (G + λ θ)`, one λ for all steps, of both parameters or of w alone; in the update or in the gradient."""
    theta = Enclosure.exact(run.before)
    yield from _decayed(run, "both parameters", theta)
    yield from _decayed(run, "w", run.mix(w=theta, b=run.zero))


def _decayed(run: Evidence, name: str, theta: Enclosure) -> Iterator[Prediction]:
    def penalised(decay: float) -> Enclosure:
        return (run.true + decay * theta).rounded(run.u, 3)

    def updated(decay: float) -> Enclosure:
        return run.update((run.slope + decay * theta).rounded(run.u, 3))

    decay = solve(Enclosure.exact(run.after), updated, excluded=(0.0, 1 / run.lr))
    if decay is not None and 0 < decay * run.lr < 1:
        label = f"updates with weight decay λ = {decay:.6g} of {name}"
        yield Prediction(label, after=updated(decay), constants={"lambda": decay}, fitted_constants=1)
    decay = solve(run.history, penalised, excluded=(0.0,)) if run.reported else None
    if decay is not None and 0 < decay * run.lr < 1:
        label = f"the gradient of a loss with a penalty, λ = {decay:.6g} times {name}"
        yield Prediction(label, penalised(decay), constants={"lambda": decay}, fitted_constants=1)


@predicts("GD212")
def another_optimizer(run: Evidence) -> Iterator[Prediction]:
    """Adam's recurrence with its usual constants; AdamW's, RMSprop's and Adagrad's too."""
    for name, constants, betas in (
        ("Adam", {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}, (0.9, 0.999)),
        ("AdamW", {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01}, (0.9, 0.999)),
        ("RMSprop", {"alpha": 0.99, "eps": 1e-8}, (0.0, 0.99)),
        ("Adagrad", {"eps": 1e-10}, (0.0, 1.0)),
    ):
        # The recurrence is slow to evaluate: its first steps say whether the others are worth it.
        for steps in (BRIEF, run.steps):
            step = adam(run.slope[:steps], run.u + OWN, betas, constants["eps"], corrected="beta1" in constants)
            if "weight_decay" in constants:
                step = (step + constants["weight_decay"] * Enclosure.exact(run.before)).rounded(run.u, 3)
            after = run.update(step)
            if not after.meets(Enclosure.exact(run.after)).all():
                break
        yield Prediction(f"the updates of {name}", after=after, constants=constants)


def adam(slope: Enclosure, u: float, betas: tuple[float, float], eps: float, corrected: bool) -> Enclosure:
    """`m̂ / (sqrt(v̂) + eps)`, with `m = β₁ m + (1-β₁) g` and `v = β₂ v + (1-β₂) g²`, for every step.

    The error bounds run through the same recurrences, `E ← β E + (1-β) δ + 4u(β |m| + (1-β) |g|)`, and the quotient's
    relative error is at most `E_m/|m| + E_v/v + 8u` while `E_v < v/2`. With β₂ = 1 the squares are summed (Adagrad).
    Source: Kingma & Ba, ICLR 2015, algorithm 1.
    """
    beta1, beta2 = betas
    weight2 = 1 - beta2 if beta2 < 1 else 1.0
    m = v = m_off = v_off = np.zeros_like(slope.center[0])
    steps = []
    for k, (g, off) in enumerate(zip(slope.center, slope.bound, strict=True), start=1):
        squared, square_off = g * g, 2 * np.abs(g) * off + off * off
        m_off = beta1 * m_off + (1 - beta1) * off + 4 * u * (beta1 * np.abs(m) + (1 - beta1) * np.abs(g))
        v_off = beta2 * v_off + weight2 * square_off + 5 * u * (beta2 * v + weight2 * squared)
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + weight2 * squared
        share1, share2 = (1 - beta1**k, 1 - beta2**k) if corrected else (1.0, 1.0)
        root = np.sqrt(v / share2) + eps
        step = m / share1 / root
        relative = np.where(v_off < v / 2, v_off / np.where(v > 0, v, 1) + 8 * u, np.inf)
        of_mean = m_off / share1 / root * (1 + np.where(np.isfinite(relative), relative, 0))
        steps.append((step, np.abs(step) * relative + of_mean))
    centers, bounds = zip(*steps, strict=True)
    return Enclosure(np.array(centers), np.array(bounds))
