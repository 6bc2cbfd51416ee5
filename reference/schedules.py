"""Learning-rate schedules: the rate at each step t = 0, 1, …, in closed form.

Values are rationals where the formula has no transcendental function in it, and float64 within a few roundings of
the exact number where it has. Hyperparameters are the floats themselves. Sources: torch 2.13,
`torch/optim/lr_scheduler.py` and `swa_utils.py`; optax 0.2.8, `optax/schedules`.

torch computes most rates from the last one. A recursion of t quotients, each of a few roundings, is off by a few t
roundings of the *largest* number that it passes through, and more where a difference is divided by a small one:
`recursion_error` and `cosine_recursion_error` say by how much.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

Rate = Fraction | float
U = 2.0**-53


def constant(lr: float, factor: float, total: int, t: int) -> Fraction:
    """`lr factor` for t < total, then lr."""
    return Fraction(lr) * (Fraction(factor) if t < total else 1)


def step(lr: float, every: int, gamma: float, t: int) -> Fraction:
    """`lr γ^⌊t / every⌋`; exponential decay with every = 1."""
    return Fraction(lr) * Fraction(gamma) ** (t // every)


def multi_step(lr: float, milestones: Sequence[int], gamma: float, t: int) -> Fraction:
    """`lr γ^n`, n the number of milestones ≤ t, one that is named twice counted twice."""
    return Fraction(lr) * Fraction(gamma) ** sum(milestone <= t for milestone in milestones)


def linear(lr: float, start: float, end: float, total: int, t: int) -> Fraction:
    """`lr (start + (end - start) min(t, total) / total)`."""
    way = Fraction(min(t, total), total)
    return Fraction(lr) * (Fraction(start) + (Fraction(end) - Fraction(start)) * way)


def polynomial(lr: float, end: float, power: int, total: int, t: int, begin: int = 0) -> Fraction:
    """`(lr - end) (1 - s / total)^power + end`, s = t - begin clipped to 0 … total; torch has end = begin = 0."""
    way = Fraction(min(max(t - begin, 0), total), total)
    return (Fraction(lr) - Fraction(end)) * (1 - way) ** power + Fraction(end)


def piecewise_constant(lr: float, scales: dict[int, float], t: int) -> Fraction:
    """`lr Π f_i` over the boundaries `b_i ≤ t`."""
    return Fraction(lr) * math.prod((Fraction(f) for b, f in scales.items() if b <= t), start=Fraction(1))


def interpolated(start: float, end: float, way: Fraction, *, cosine: bool) -> Rate:
    """From start to end as `way` goes from 0 to 1: on a line, or on half a cosine."""
    a, b = Fraction(start), Fraction(end)
    if not cosine:
        return a + (b - a) * way
    return float(b) + float(a - b) * (1 + math.cos(math.pi * float(way))) / 2


def cosine(lr: float, lowest: float, period: int, t: int) -> Rate:
    """`lowest + (lr - lowest) (1 + cos π t / period) / 2`, and up again beyond the period."""
    folded = t % (2 * period)
    return interpolated(lr, lowest, Fraction(min(folded, 2 * period - folded), period), cosine=True)


def warm_restarts(lr: float, lowest: float, first: int, factor: int, t: Fraction) -> Rate:
    """Cosines from lr to lowest, the first so long and each longer than the last by a factor; t may be a fraction."""
    length, since = first, Fraction(t)
    while since >= length:
        since, length = since - length, length * factor
    return interpolated(lr, lowest, since / length, cosine=True)


def cyclic(lowest: float, highest: float, up: int, down: int, t: int) -> Fraction:
    """Up to the highest rate on a line, and down again."""
    since = t % (up + down)
    height = Fraction(since, up) if since <= up else Fraction(up + down - since, down)
    return Fraction(lowest) + (Fraction(highest) - Fraction(lowest)) * height


def one_cycle(values: Sequence[float], ends: Sequence[Fraction], t: int, *, cosine: bool) -> Rate:
    """Phases between `values`, which end at steps `ends`; the last value beyond."""
    begin = Fraction(0)
    for start, end, last in zip(values[:-1], values[1:], ends, strict=True):
        if t <= last:
            return interpolated(start, end, (t - begin) / (last - begin), cosine=cosine)
        begin = last
    return Fraction(values[-1])


def recursion_error(largest: float, t: int, roundings: int = 8) -> float:
    """How far a recursion of t quotients may be off, each of so many roundings, by numbers up to `largest`."""
    return largest * math.expm1((t + 1) * roundings * math.log1p(U))


def cosine_recursion_error(lr: float, lowest: float, period: int, t: int) -> float:
    """The same for torch's `lowest + (last - lowest) q`, `q = (1 + cos π t / T) / (1 + cos π (t - 1) / T)`.

    An error e of one rate is q e in the next, so that what is lost at s counts `c_t / c_s` at t, `c_t = 1 + cos π t/T`.
    Beyond the turn, where `c_T = 0`, a new recursion begins at `c_{T+1}`. Each step loses four roundings of the largest
    rate, and of q `8 + 4/c_{s-1}`: cosines near -1 are off by a rounding of 1, however small c is.
    """
    size = max(abs(lr), abs(lowest))
    error = 0.0
    for s in range(1, t + 1):
        here, before = (1 + math.cos(math.pi * k / period) for k in (s, s - 1))
        if (s - 1 - period) % (2 * period) == 0:
            error += 8 * U * size
            continue
        q = 0.0 if (s - period) % (2 * period) == 0 else here / before
        relative = 8 + 4 * math.pi * s / period / before  # cosine of an angle that is itself rounded
        last = abs(lr - lowest) * before / 2 + error
        error = q * error + U * (4 * size + relative * (1 + q) * last)
    return error
