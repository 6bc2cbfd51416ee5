"""A free constant: the values of it that fit every step, and the simplest number among them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from gradagree.diagnosis.enclosure import Enclosure


def interval(actual: Enclosure, family: Callable[[float], Enclosure], guess: float) -> tuple[float, float]:
    """All c for which `|actual - family(c)| <= bounds` everywhere, `family` affine in c; empty where low > high.

    The bounds vary little with c, and are those at `guess`.
    """
    fixed, slope, tolerance = _affine(actual, family, guess)
    rest = actual.center[: len(fixed)] - fixed
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ends = np.stack([(rest - tolerance) / slope, (rest + tolerance) / slope])
    ends = ends[:, slope != 0]
    if not ends.size or not np.isfinite(ends).all():
        return math.inf, -math.inf
    return float(ends.min(axis=0).max()), float(ends.max(axis=0).min())


def solve(actual: Enclosure, family: Callable[[float], Enclosure], excluded: tuple[float, ...] = ()) -> float | None:
    """The simplest constant that fits every step, or the best compromise where none does.

    The second is for showing how far off the explanation is. `None` where the family does not depend on the constant,
    and where one of the excluded values, no mistake or another one, fits as well.
    """
    fixed, slope, tolerance = _affine(actual, family, 0.0)
    rest = actual.center[: len(fixed)] - fixed
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        weights = np.where(tolerance > 0, 1 / tolerance, 1.0)
        weighted = slope * weights
        scale = np.abs(weighted).max(initial=0.0)
        if not (0 < scale < math.inf) or not np.isfinite(rest).all():
            return None
        compromise = float(((weighted / scale) * (rest * weights / scale)).sum() / ((weighted / scale) ** 2).sum())
    if not math.isfinite(compromise):
        return None
    low, high = interval(actual, family, compromise)
    if any(low <= value <= high for value in excluded):
        return None
    return simplest(low, high) if low <= high else compromise


def simplest(low: float, high: float) -> float:
    """The number of `[low, high]` with the fewest decimal digits; the middle if floats have none shorter."""
    if low <= 0 <= high:
        return 0.0
    middle = low + (high - low) / 2
    for digits in range(1, 18):
        candidate = float(f"{middle:.{digits - 1}e}")
        if low <= candidate <= high:
            return candidate
    return middle


def _affine(
    actual: Enclosure, family: Callable[[float], Enclosure], guess: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The family at 0, its slope, and the tolerance at `guess`, over the steps that both have."""
    zero, one, here = family(0.0), family(1.0), family(guess)
    steps = min(len(actual), len(zero))
    with np.errstate(over="ignore", invalid="ignore"):
        slope = one.center[:steps] - zero.center[:steps]
        return zero.center[:steps], slope, actual.bound[:steps] + here.bound[:steps]
