"""Numerical mutants: each computes something near to the right number, and knows exactly how near.

A mutant's own evaluation rounds as well, by no more than the bound of what it evaluates. So it is certainly seen where
the exact effect exceeds both bounds together: `|ĝ' - g| ≥ |g' - g| - B' > B`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from reference import rounding
from reference.dyadic import FloatArray
from reference.formats import BFLOAT16, FLOAT32, TF32
from reference.truth import Truth
from tools.trial import evaluation
from tools.trial.kill_cell import Cell, Outcome, at, evaluate, exact_gradient, narrowed
from tools.trial.machine import Machine

Mutant = Callable[[Cell], Outcome]
Data = tuple[FloatArray, FloatArray]


def of_gradient(cell: Cell, effect: FloatArray, own: FloatArray, got: FloatArray) -> Outcome:
    """The outcome of reporting `got`, whose exact effect and own bound are given, `(p, m)` each."""
    judgement = cell.judge(gradient=got)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(effect == 0, 0.0, np.abs(effect) / (cell.truth.gradient_bound[0] + own))
    check = judgement.checks.get("gradient")
    caught = check is not None and check.first_violation is not None
    return Outcome("gradient", float(ratio.max()), caught, judgement.verdict)


def factor(value: Callable[[Cell], float], rounds: bool = True) -> Mutant:
    """The gradient times a factor; one more rounding to storage, unless a constant of the formula has changed."""

    def mutant(cell: Cell) -> Outcome:
        f = value(cell)
        g, bound = cell.truth.gradient[0], cell.truth.gradient_bound[0]
        u, omega = cell.claim.storage.unit_roundoff, cell.claim.omega
        own = abs(f) * bound + u * abs(f) * (np.abs(g) + bound) + omega
        return of_gradient(cell, (f - 1) * g, own if rounds else abs(f) * bound, cell.machine.store(f * cell.gradient))

    return mutant


def data(change: Callable[[Cell], Data]) -> Mutant:
    """The right formula on other data, its mean still that of the original rows."""

    def mutant(cell: Cell) -> Outcome:
        other = at(cell.whole, cell.V, *change(cell))
        share = len(other.x) / cell.rows
        effect = exact_gradient(other.least_squares, cell.V) * share
        effect = effect - exact_gradient(cell.problem.least_squares, cell.V)
        own = Truth(other, cell.claim, cell.V[None]).gradient_bound[0] * share
        got = cell.machine.store(evaluate(cell.machine, other, cell.V) * share)
        if share != 1:  # one more rounding, of the other mean
            own = own + 2 * cell.claim.storage.unit_roundoff * (np.abs(got) + own)
        return of_gradient(cell, effect.astype(np.float64), own, got)

    return mutant


def tf32_inputs(cell: Cell) -> Outcome:
    """Matrix products whose inputs are rounded to TF32: x and w beforehand, and the scaled residual on the way.

    The first two are other data, of which the effect is exact; the third is one more rounding, `u_m Σ |X_ij ŝ_i|`.
    """
    claim, V = dataclasses.replace(cell.claim, multiply=TF32), cell.V.copy()
    V[:-1] = narrowed(V[:-1], TF32)
    other = at(cell.whole, V, narrowed(_x(cell), TF32), _y(cell))
    truth = Truth(other, cell.claim, V[None])
    effect = exact_gradient(other.least_squares, V) - exact_gradient(cell.problem.least_squares, cell.V)
    own = truth.gradient_bound[0]
    if not TF32.contains(cell.claim.storage):
        sums = 2 / cell.rows * truth.sizes.P[0] * (1 + cell.claim.sigma(cell.rows)) + own
        own = own + TF32.unit_roundoff * sums
    return of_gradient(cell, effect.astype(np.float64), own, evaluate(Machine(claim), other, V))


def elsewhere(place: Callable[[Cell], FloatArray], component: int | None = None) -> Mutant:
    """The right gradient of the right data at the wrong parameters, in one component or in all."""

    def mutant(cell: Cell) -> Outcome:
        V = place(cell)
        other = at(cell.whole, V)
        effect = exact_gradient(other.least_squares, V) - exact_gradient(cell.problem.least_squares, cell.V)
        effect = effect.astype(np.float64)
        own, got = Truth(other, cell.claim, V[None]).gradient_bound[0], evaluate(cell.machine, other, V)
        if component is not None:
            kept = np.arange(len(V))[:, None] != component
            effect, own = np.where(kept, 0.0, effect), np.where(kept, cell.truth.gradient_bound[0], own)
            got = np.where(kept, cell.gradient, got)
        return of_gradient(cell, effect, own, got)

    return mutant


def component(row: int, value: float) -> Mutant:
    """One component times 0 or -1, which rounds nothing."""

    def mutant(cell: Cell) -> Outcome:
        f = np.ones_like(cell.gradient)
        f[row] = value
        return of_gradient(
            cell, (f - 1) * cell.truth.gradient[0], np.abs(f) * cell.truth.gradient_bound[0], f * cell.gradient
        )

    return mutant


def update(rate: Callable[[Cell], float], decay: float = 0.0) -> Mutant:
    """The right gradient, and an update at another learning rate, or from parameters that have decayed."""

    def mutant(cell: Cell) -> Outcome:
        lr, other, g = cell.problem.lr, rate(cell), cell.gradient
        start = cell.machine.store(cell.V * (1 - decay))
        after = evaluation.update(cell.machine, start, g, other)
        effect = (start - cell.V) - (other - lr) * g
        bounds = [rounding.update_bound(cell.claim, rate, g, after) for rate in (lr, abs(other))]
        judgement = cell.judge(after=after)
        ratio = float((np.abs(effect) / (bounds[0] + bounds[1])).max())
        return Outcome("update", ratio, judgement.checks["update"].first_violation is not None, judgement.verdict)

    return mutant


def loss(value: Callable[[Cell], float]) -> Mutant:
    """The loss times a factor, rounded once more."""

    def mutant(cell: Cell) -> Outcome:
        f, true, bound = value(cell), float(cell.truth.evaluation.loss()[0]), float(cell.truth.loss_bound[0])
        own = f * bound + cell.claim.storage.unit_roundoff * f * (true + bound) + cell.claim.omega
        judgement = cell.judge(loss=cell.machine.store(f * cell.loss))
        ratio = abs(f - 1) * true / (bound + own)
        check = judgement.checks.get("loss")
        return Outcome("loss", ratio, check is not None and check.first_violation is not None, judgement.verdict)

    return mutant


def _x(cell: Cell) -> FloatArray:
    return cell.whole.x.astype(np.float64)


def _y(cell: Cell) -> FloatArray:
    return cell.whole.y.astype(np.float64)


def _swapped(cell: Cell) -> Data:
    y = _y(cell)
    y[[0, -1]] = y[[-1, 0]]
    return _x(cell), y


def _twice(cell: Cell) -> Data:
    return np.vstack([_x(cell), _x(cell)[:1]]), np.vstack([_y(cell), _y(cell)[:1]])


def _without_b(cell: Cell) -> FloatArray:
    V = cell.V.copy()
    V[-1] = 0
    return V


def _new_w(cell: Cell) -> FloatArray:
    V = cell.V.copy()
    V[:-1] = evaluation.update(cell.machine, cell.V, cell.gradient, cell.problem.lr)[:-1]
    return V


POWERS = (1, 3, 5, 7, 9, 12, 15, 18, 21, 24, 30, 36, 42, 45, 48)


def _scaled(name: str, make: Callable[[float], Mutant], sign: int, powers: tuple[int, ...]) -> dict[str, Mutant]:
    shown = "+" if sign > 0 else "-"
    return {f"{name} × (1 {shown} 2^-{k})": make(1 + sign * 2.0**-k) for k in powers}


MUTANTS: dict[str, Mutant] = {
    **_scaled("gradient", lambda f: factor(lambda _: f), 1, POWERS),
    **_scaled("gradient", lambda f: factor(lambda _: f), -1, POWERS[1::3]),
    "1/(N - 1) for 1/N": factor(lambda cell: cell.rows / (cell.rows - 1)),
    "the 2 of the square lost": factor(lambda _: 0.5, rounds=False),
    "the mean taken twice": factor(lambda cell: 1 / cell.rows),
    "w.grad with the wrong sign": component(0, -1),
    "b.grad with the wrong sign": component(1, -1),
    "b.grad left at zero": component(1, 0),
    "the last row dropped": data(lambda cell: (_x(cell)[:-1], _y(cell)[:-1])),
    "the first row twice": data(_twice),
    "two rows' y swapped": data(_swapped),
    "y shifted by a row": data(lambda cell: (_x(cell), np.roll(_y(cell), 1, axis=0))),
    "TF32 inputs": tf32_inputs,
    "data in float32": data(lambda cell: (narrowed(_x(cell), FLOAT32), narrowed(_y(cell), FLOAT32))),
    "data in bfloat16": data(lambda cell: (narrowed(_x(cell), BFLOAT16), narrowed(_y(cell), BFLOAT16))),
    "the gradient of the step before": elsewhere(lambda cell: cell.iterate(max(cell.step - 1, 0))),
    "b left out of the forward": elsewhere(_without_b),
    "b.grad with the new w": elsewhere(_new_w, component=1),
    **_scaled("lr", lambda f: update(lambda cell: cell.problem.lr * f), 1, POWERS[1::2]),
    "no update": update(lambda _: 0.0),
    "uphill": update(lambda cell: -cell.problem.lr),
    "lr taken twice": update(lambda cell: cell.problem.lr**2),
    "weights decay by 1 %": update(lambda cell: cell.problem.lr, decay=0.01),
    **_scaled("loss", lambda f: loss(lambda _: f), 1, POWERS[1::3]),
    "loss over N - 1": loss(lambda cell: cell.rows / (cell.rows - 1)),
    "half the loss": loss(lambda _: 0.5),
}
