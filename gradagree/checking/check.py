"""One check: errors divided by bounds, the worst of them, the first beyond, and how much would have been seen."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gradagree.checking.deviation import Deviation
from reference.dyadic import FloatArray

Place = tuple[str, tuple[int, ...]]  # a parameter, and an index in it


@dataclass(frozen=True)
class Check:
    """All comparisons of one quantity over a run.

    Parameters
    ----------
    quantity
        `"start"`, `"gradient"`, `"update"`, `"loss"`, `"final"`, `"distance"` or `"curvature"`; of an optimizer
        `"start"`, `"param"`, what it calls its state, `"step"`, `"grad"` or `"memory"`.
    count
        how many arrays were compared.
    worst_deviation
        the comparison with the largest error/bound.
    first_violation
        the earliest that lies outside its bound, `None` if all lie inside.
    resolution
        the smallest relative fault in the quantity that this check would certainly have caught; 1 or more is none.
    ratios
        the worst error/bound of each step, `(K,)`.
    bits
        how many leading bits of the quantity are right at its worst, on the scale of the whole run; unlike a ratio it
        does not depend on what was claimed.
    """

    quantity: str
    count: int
    worst_deviation: Deviation
    first_violation: Deviation | None
    resolution: float
    ratios: FloatArray = field(repr=False, compare=False)
    bits: float | None = None

    @property
    def bound_exceeds_signal(self) -> bool:
        """Whether the bound has reached its signal, so that passing says nothing."""
        return not (self.resolution < 1)

    @property
    def violations(self) -> npt.NDArray[np.intp]:
        """The steps at which a number lies outside its bound, the earliest first."""
        return np.flatnonzero(~(self.ratios <= 1))


def check(
    quantity: str,
    got: FloatArray,
    error: FloatArray,
    bound: FloatArray,
    signal: FloatArray,
    count: int | None = None,
    place: Callable[[tuple[int, ...], tuple[int, ...]], Place] | None = None,
) -> Check:
    """Compare `|error| <= bound` everywhere.

    Parameters
    ----------
    quantity
        what is compared.
    got, error, bound, signal
        `(K, p, m)` for parameters and gradients, `(K,)` for the loss: the reported numbers, their distance from the
        exact ones, the distance allowed, and the exact size of what is looked for.
    count
        how many arrays these are, if not two (w's and b's) a step.
    place
        which parameter an index of the arrays behind the first axis is of, from their shape and the index; of `[w; b]`
        unless given.
    """
    steps = len(got)
    size, ratio, outside = ratios(error, bound)

    def at(flat: int) -> Deviation:
        return deviation_at(quantity, got, error, bound, flat, place=place)

    return Check(
        quantity=quantity,
        count=count if count is not None else steps * (2 if got.ndim == 3 else 1),
        worst_deviation=at(int(np.argmax(ratio))),
        first_violation=at(int(np.argmax(outside))) if outside.any() else None,
        resolution=resolution(bound, signal),
        ratios=ratio.reshape(steps, -1).max(axis=1),
        bits=_bits(size, signal),
    )


def ratios(error: FloatArray, bound: FloatArray) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """`|error|`, `|error| / bound` (infinite for NaN), and where `|error| <= bound` does not hold."""
    size = np.abs(error)
    outside = ~(size <= bound)  # and not `size > bound`, which is false for NaN
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = np.where(size == 0, 0.0, size / bound)
    return size, np.where(np.isnan(ratio), np.inf, ratio), outside


def deviation_at(
    quantity: str,
    got: FloatArray,
    error: FloatArray,
    bound: FloatArray,
    flat: int,
    first_step: int = 0,
    exact: FloatArray | None = None,
    place: Callable[[tuple[int, ...], tuple[int, ...]], Place] | None = None,
) -> Deviation:
    """The comparison at a place of the flattened arrays; the exact numbers too where errors do not tell them."""
    at = tuple(int(i) for i in np.unravel_index(flat, got.shape))
    parameter, index = (place or _located)(got.shape[1:], at[1:])
    figures = float(got[at]), float(error[at]), float(bound[at]), None if exact is None else float(exact[at])
    return Deviation(quantity, first_step + at[0], parameter, index, *figures)


def _bits(size: FloatArray, signal: FloatArray) -> float:
    """`-log2(largest error / largest exact size)` of the run: how many leading bits of the quantity are right.

    One scale for the whole run, since near the minimiser no digit of a gradient is left to be right. Not less than 0.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        relative = float(np.max(size)) / float(np.max(signal)) if np.max(signal) > 0 else float(np.max(size) > 0)
    if np.isnan(relative):
        return 0.0
    return max(0.0, -math.log2(relative)) if relative > 0 else math.inf


def resolution(bound: FloatArray, signal: FloatArray) -> float:
    """The smallest f such that a fault `(1 + f)` in any one component, at every step, is certainly caught.

    The faulty number is at least `f·signal - bound·(1 + f)` from the exact one, since the correct one may be off by its
    bound in the other direction: that exceeds the bound from `f = 2 bound / (signal - bound)` on. Each component counts
    at its most informative step; one that is exactly zero throughout has no relative faults.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        fault = np.where(signal > bound, 2 * bound / (signal - bound), np.inf)
    components = fault.reshape(len(fault), -1).min(axis=0)
    present = (signal.reshape(len(signal), -1) > 0).any(axis=0)
    return float(components[present].max()) if present.any() else 0.0


def _located(shape: tuple[int, ...], at: tuple[int, ...]) -> Place:
    """The parameter and the index in it of an entry of `[w; b]`; neither, of the loss."""
    if not shape:
        return "", ()
    (row, target), features = at, shape[0] - 1
    return ("w", (row, target)) if row < features else ("b", (target,))
