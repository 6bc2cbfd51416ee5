"""Every value of torch's and optax' schedules, against its closed form, within the rounding of its evaluation."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from gradagree.runtime.frameworks import installed
from reference import schedules

U32, U64 = 2.0**-24, 2.0**-53
LR = 0.1
Exact = Callable[[int], schedules.Rate]

TORCH: dict[str, tuple[Callable[[Any, Any], Any], Exact]] = {
    "constant": (lambda m, o: m.ConstantLR(o, 0.3, 5), lambda t: schedules.constant(LR, 0.3, 5, t)),
    "step": (lambda m, o: m.StepLR(o, 3, 0.7), lambda t: schedules.step(LR, 3, 0.7, t)),
    "exponential": (lambda m, o: m.ExponentialLR(o, 0.9), lambda t: schedules.step(LR, 1, 0.9, t)),
    "multi_step": (
        lambda m, o: m.MultiStepLR(o, [2, 2, 7], 0.3),
        lambda t: schedules.multi_step(LR, [2, 2, 7], 0.3, t),
    ),
    "linear": (lambda m, o: m.LinearLR(o, 0.1, 0.9, 7), lambda t: schedules.linear(LR, 0.1, 0.9, 7, t)),
    "linear_to_zero": (lambda m, o: m.LinearLR(o, 0.1, 0.0, 7), lambda t: schedules.linear(LR, 0.1, 0.0, 7, t)),
    "polynomial": (lambda m, o: m.PolynomialLR(o, 7, 2), lambda t: schedules.polynomial(LR, 0.0, 2, 7, t)),
    "cosine": (lambda m, o: m.CosineAnnealingLR(o, 7, 0.01), lambda t: schedules.cosine(LR, 0.01, 7, t)),
    "warm_restarts": (
        lambda m, o: m.CosineAnnealingWarmRestarts(o, 2, 3, 0.01),
        lambda t: schedules.warm_restarts(LR, 0.01, 2, 3, Fraction(t)),
    ),
    "cyclic": (
        lambda m, o: m.CyclicLR(o, 0.1, 0.7, 3, 5, cycle_momentum=False),
        lambda t: schedules.cyclic(0.1, 0.7, 3, 5, t),
    ),
    "one_cycle": (
        lambda m, o: m.OneCycleLR(o, 1.0, 30, pct_start=0.25, cycle_momentum=False),
        lambda t: schedules.one_cycle((1 / 25, 1.0, 1 / 25e4), (Fraction(13, 2), Fraction(29)), t, cosine=True),
    ),
    "one_cycle_three_phases": (
        lambda m, o: m.OneCycleLR(
            o, 1.0, 30, pct_start=0.25, three_phase=True, anneal_strategy="linear", cycle_momentum=False
        ),
        lambda t: schedules.one_cycle(
            (1 / 25, 1.0, 1 / 25, 1 / 25e4), (Fraction(13, 2), Fraction(13), Fraction(29)), t, cosine=False
        ),
    ),
    "sequential": (
        lambda m, o: m.SequentialLR(o, [m.LinearLR(o, 0.1, 1.0, 4), m.CosineAnnealingLR(o, 9)], [4]),
        lambda t: schedules.linear(LR, 0.1, 1.0, 4, t) if t < 4 else schedules.cosine(LR, 0.0, 9, t - 4),
    ),
    "chained": (
        lambda m, o: m.ChainedScheduler([m.StepLR(o, 3, 0.7), m.LinearLR(o, 0.5, 1.0, 6)]),
        lambda t: schedules.step(LR, 3, 0.7, t) * schedules.linear(1.0, 0.5, 1.0, 6, t),
    ),
}
WRONG: dict[str, Exact] = {
    "constant": lambda t: schedules.constant(LR, 0.3, 6, t),
    "step": lambda t: schedules.step(LR, 3, 0.7, t + 1),
    "exponential": lambda t: schedules.step(LR, 1, 0.9 + 1e-9, t),
    "multi_step": lambda t: schedules.multi_step(LR, [2, 7], 0.3, t),
    "linear": lambda t: schedules.linear(LR, 0.1, 0.9, 8, t),
    "linear_to_zero": lambda t: schedules.linear(LR, 0.1, 1e-9, 7, t),
    "polynomial": lambda t: schedules.polynomial(LR, 1e-9, 2, 7, t),
    "cosine": lambda t: schedules.cosine(LR, 0.01 + 1e-9, 7, t),
    "warm_restarts": lambda t: schedules.warm_restarts(LR, 0.01, 2, 2, Fraction(t)),
    "cyclic": lambda t: schedules.cyclic(0.1, 0.7, 5, 3, t),
    "one_cycle": lambda t: schedules.one_cycle((1 / 25, 1.0, 1 / 25e4), (Fraction(7), Fraction(29)), t, cosine=True),
    "one_cycle_three_phases": lambda t: schedules.one_cycle(
        (1 / 25, 1.0, 1 / 25e4), (Fraction(13, 2), Fraction(29)), t, cosine=False
    ),
    "sequential": lambda t: schedules.linear(LR, 0.1, 1.0, 4, t) if t < 5 else schedules.cosine(LR, 0.0, 9, t - 5),
    "chained": lambda t: schedules.step(LR, 3, 0.7, t),
}
STEPS = 30


def torch_rates(make: Callable[[Any, Any], Any], steps: int = STEPS) -> list[float]:
    """The rates that a schedule gives to SGD."""
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=LR)
    rates = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schedule = make(torch.optim.lr_scheduler, optimizer)
        optimizer.step()
        for _ in range(steps):
            rates.append(float(optimizer.param_groups[0]["lr"]))
            schedule.step()
    return rates


def bound(name: str, t: int, largest: float) -> float:
    """How far a correct float64 evaluation may be off."""
    if name in ("cosine", "sequential"):
        lowest, period = (0.01, 7) if name == "cosine" else (0.0, 9)
        return schedules.cosine_recursion_error(LR, lowest, period, t) + schedules.recursion_error(largest, t)
    return schedules.recursion_error(largest, t)


def first_wrong(name: str, rates: list[float], exact: Exact) -> int | None:
    """The first step at which a rate is not the exact one, within its bound."""
    largest = max(float(exact(t)) for t in range(len(rates)))
    for t, rate in enumerate(rates):
        if not abs(Fraction(rate) - Fraction(exact(t))) <= bound(name, t, largest):
            return t
    return None


@pytest.mark.skipif(not installed("torch"), reason="torch is not installed")
@pytest.mark.parametrize("name", TORCH)
def test_torch_schedule_follows_its_closed_form(name: str) -> None:
    make, exact = TORCH[name]
    assert first_wrong(name, torch_rates(make), exact) is None


@pytest.mark.skipif(not installed("torch"), reason="torch is not installed")
@pytest.mark.parametrize("name", TORCH)
def test_torch_schedule_off_by_a_step_or_an_argument_is_caught(name: str) -> None:
    assert first_wrong(name, torch_rates(TORCH[name][0]), WRONG[name]) is not None


@pytest.mark.skipif(not installed("torch"), reason="torch is not installed")
@pytest.mark.parametrize("name", [n for n in TORCH if n != "sequential" and n != "chained"])
def test_torch_schedule_resumed_from_state_dict_goes_on_bit_for_bit(name: str) -> None:
    import torch

    make, _ = TORCH[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=LR)
        schedule = make(torch.optim.lr_scheduler, optimizer)
        optimizer.step()
        rates: list[float] = []
        for t in range(STEPS - 1):
            if t == STEPS // 2:
                saved = optimizer.state_dict(), schedule.state_dict()
                optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=LR)
                schedule = make(torch.optim.lr_scheduler, optimizer)
                optimizer.load_state_dict(saved[0])
                schedule.load_state_dict(saved[1])
                optimizer.step()
            rates.append(optimizer.param_groups[0]["lr"])
            schedule.step()
    assert rates == torch_rates(make, STEPS - 1)


OPTAX: dict[str, tuple[Callable[[Any], Any], Exact]] = {
    "polynomial": (
        lambda o: o.polynomial_schedule(0.1, 0.01, 3, 7, 2),
        lambda t: schedules.polynomial(0.1, 0.01, 3, 7, t, begin=2),
    ),
    "linear": (lambda o: o.linear_schedule(0.1, 0.9, 7), lambda t: schedules.polynomial(0.1, 0.9, 1, 7, t)),
    "piecewise_constant": (
        lambda o: o.piecewise_constant_schedule(0.1, {3: 0.5, 8: 0.25}),
        lambda t: schedules.piecewise_constant(0.1, {3: 0.5, 8: 0.25}, t),
    ),
    "staircase": (
        lambda o: o.exponential_decay(0.1, 3, 0.7, staircase=True),
        lambda t: schedules.step(0.1, 3, 0.7, t),
    ),
    "exponential": (lambda o: o.exponential_decay(0.1, 1, 0.9), lambda t: schedules.step(0.1, 1, 0.9, t)),
    "cosine": (
        lambda o: o.cosine_decay_schedule(0.1, 12, 0.25),
        lambda t: schedules.cosine(0.1, 0.025, 12, min(t, 12)),
    ),
    "warmup_cosine": (
        lambda o: o.warmup_cosine_decay_schedule(0.0, 0.1, 4, 13, 0.01),
        lambda t: schedules.linear(0.1, 0.0, 1.0, 4, t) if t < 4 else schedules.cosine(0.1, 0.01, 9, min(t - 4, 9)),
    ),
    "join": (
        lambda o: o.join_schedules([o.constant_schedule(0.1), o.linear_schedule(0.2, 0.4, 4)], [3]),
        lambda t: schedules.polynomial(0.2, 0.4, 1, 4, t - 3) if t >= 3 else Fraction(0.1),
    ),
}


@pytest.mark.skipif(not installed("jax"), reason="jax is not installed")
@pytest.mark.parametrize("name", OPTAX)
@pytest.mark.parametrize("late", [0, 1])
def test_optax_schedule_follows_its_closed_form_in_float32(name: str, late: int) -> None:
    optax = pytest.importorskip("optax")
    import jax.numpy as jnp

    make, exact = OPTAX[name]
    schedule = make(optax)
    rates = [float(schedule(jnp.asarray(t, jnp.int32))) for t in range(STEPS)]
    # Arguments and a dozen operations in float32; a power takes the base's rounding as many times as its exponent.
    largest = max(float(exact(t)) for t in range(STEPS))
    allowed = [(16 + 2 * t) * U32 * largest for t in range(STEPS)]
    agrees = [
        abs(Fraction(r) - Fraction(exact(t + late))) <= b for t, (r, b) in enumerate(zip(rates, allowed, strict=True))
    ]
    assert all(agrees) is (late == 0)


def test_warm_restarts_at_fractions_are_on_the_cosine() -> None:
    # Of cos(π/2) + 1, halved: π is rounded, its cosine, the sum, the product.
    assert schedules.warm_restarts(1.0, 0.0, 2, 3, Fraction(5)) == pytest.approx(0.5, abs=4 * U64)
    assert schedules.warm_restarts(1.0, 0.0, 2, 3, Fraction(8)) == 1
    assert schedules.warm_restarts(1.0, 0.0, 1, 3, Fraction(121)) == 1


@pytest.mark.skipif(not installed("torch"), reason="torch is not installed")
@pytest.mark.parametrize("period", [3, 10, 100, 1000])
@pytest.mark.parametrize("lowest", [0.0, 0.3 * LR, 0.99 * LR])
def test_cosine_recursion_stays_within_its_bound_around_the_turn(period: int, lowest: float) -> None:
    rates = torch_rates(lambda m, o: m.CosineAnnealingLR(o, period, lowest), 3 * period)
    for t in {*range(0, 3 * period, max(1, period // 7)), period, period + 1, 2 * period - 1}:
        off = abs(rates[t] - float(schedules.cosine(LR, lowest, period, t)))
        assert off <= schedules.cosine_recursion_error(LR, lowest, period, t) + 8 * U64 * LR
    assert math.isfinite(schedules.cosine_recursion_error(LR, lowest, period, 3 * period - 1))
