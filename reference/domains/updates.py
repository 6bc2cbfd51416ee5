"""An optimizer's step as a correct implementation evaluates it, fast enough for millions of parameters.

Each number is a centre and how far any correct evaluation may lie from it, `|x̂ - c| ≤ r |c| + A`. r is one number for
the whole array and A an array only where it must be: products, quotients, roots and sums of what is not negative keep
their error relative, and cost no more than their centres. The exact number is one of the evaluations, so that the error
of the centre, which is float64, is counted in the same bound: of float64, two roundings for each one of the
implementation.

What an evaluation may do: every operation rounds once, to the format of `intermediates`, in any order that an operation
here allows, or later (fused, in more digits). Below the smallest normal number it may be off by ω. What follows from
hyperparameters alone is computed in the format `scalars` and rounded once more, to `constants`. What it may not do is
to lose a constant altogether: ε must not round to zero, and so a denominator never lies below ε.

The conditions are those of `domains.rounded`: no overflow. Source: Higham, *Accuracy and Stability of Numerical
Algorithms*, 2nd ed., §3.1 to §3.4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from reference.arithmetic import Arithmetic, growth
from reference.domains import Number
from reference.dyadic import FloatArray
from reference.formats import BY_NAME, FLOAT32, FLOAT64, Format
from reference.inflation import nan_to_inf

U = FLOAT64.unit_roundoff
# Lifts a bound above its own rounding: no bound goes through as many as 2¹² operations in float64.
ABOVE = 1 + 2.0**-40
# No less may be lost to underflow: far above what float64 itself loses, in the centre and in the bound.
LOST = 2.0**-1000
# Largest error of pow, in units in the last place: CUDA C++ Programming Guide, "Mathematical Functions"; libm has less.
POWER_ULPS = {"float64": 2, "float32": 4}


@dataclass(frozen=True)
class Band:
    """Numbers `x` of which every correct evaluation has `|x̂ - center| ≤ relative |center| + absolute`, `x̂ ≥ floor`."""

    center: FloatArray
    relative: float = 0.0
    absolute: FloatArray | float = 0.0
    floor: float = -math.inf

    @property
    def bound(self) -> FloatArray:
        """How far a correct evaluation may be off the centre; infinite where nothing can be said."""
        with np.errstate(over="ignore", invalid="ignore"):
            return nan_to_inf(np.asarray(self.off * ABOVE))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.center.shape

    @property
    def off(self) -> Any:
        """`relative |center| + absolute`, before its own rounding is counted."""
        return self.relative * np.abs(self.center) + self.absolute if self.relative else self.absolute

    @property
    def zero(self) -> Any:
        """Where it is zero in every evaluation."""
        return (self.center == 0) & (np.asarray(self.absolute) == 0)


class Updates:
    """The domain of an optimizer's step under a claimed arithmetic, parameters and state stored in its `updates`.

    Raises
    ------
    ValueError
        if it claims that an update is formed from more than the gradient reported (`fused_update`).
    """

    def __init__(self, arithmetic: Arithmetic) -> None:
        if arithmetic.fused_update:
            raise ValueError("arithmetic: expected one that updates from the gradient reported, got fused_update")
        self.arithmetic = arithmetic
        self.kept = arithmetic.updates
        self.form = arithmetic.intermediates or self.kept
        self.u, self.omega = self.form.unit_roundoff, self._lost(self.form)

    def _lost(self, form: Format) -> float:
        """`ω` of a format, and of the centre."""
        return max(form.smallest_normal * (1.0 if self.arithmetic.flushes else form.unit_roundoff), LOST)

    @cached_property
    def scalars(self) -> Updates:
        """The domain of numbers that follow from hyperparameters alone, in the format claimed for them."""
        form = self.arithmetic.scalars or (FLOAT64 if self.kept == FLOAT64 else FLOAT32)
        own = Arithmetic(form, form, flushes=self.arithmetic.flushes, scalars=form, constants=form)
        return self if self.arithmetic == own else Updates(own)

    def lift(self, values: npt.ArrayLike) -> Band:
        """Floats as they are."""
        return Band(np.asarray(values, dtype=np.float64))

    def constant(self, a: float | Fraction | Band) -> Band:
        """A number rounded to `constants`, but never to zero."""
        form = self.arithmetic.constants or self.form
        if isinstance(a, Band):
            center = np.asarray(a.center)
            off = float(a.off) + _rounding(abs(float(center)) + float(a.off), form, self._lost(form))
            floor = a.floor
        else:
            center = np.asarray(float(a))
            off = 0.0 if Fraction(float(a)) == a else U * abs(float(a))
            if off or not _holds(form, float(a)):
                off += _rounding(abs(float(a)), form, self._lost(form))
            floor = float(center)
        off *= ABOVE
        floor = max(min(floor, float(center) - off), 0.0 if floor >= 0 else -math.inf)
        return Band(center, 0.0, off, floor)

    def scale(self, a: Band, factor: Number) -> Band:
        """`factor a`."""
        return self.product([self.constant(factor), a])

    def power(self, a: Band, n: int | Fraction) -> Band:
        """`aⁿ` for one `a ≥ 0`, `n > 0`: by `pow`, by `exp` and `log`, or multiplied n times."""
        base, off = float(a.center), float(a.off)
        if n == 1 or not base:
            return a
        power, logarithm = base ** float(n), float(n) * abs(math.log(base))
        times = max(math.ceil(n) - 1, math.ceil(5 * logarithm) + 2 * POWER_ULPS.get(self.form.name, 4))
        relative = growth((off / base, math.ceil(n)), (self.u, times), (U, 2 + math.ceil(logarithm))) * ABOVE
        return Band(np.asarray(power), 0.0, relative * power + self.omega, 0.0)

    def negate(self, a: Band) -> Band:
        """`-a`."""
        return Band(-a.center, a.relative, a.absolute)

    def subtract(self, a: Band, b: Band) -> Band:
        """`a - b`."""
        return self.add(a, self.negate(b))

    def multiply(self, a: Band, b: Band) -> Band:
        """`a b`."""
        return self.product([a, b])

    def add(self, a: Band, b: Band) -> Band:
        """`a + b`: one rounding, which nothing is lost by below the normal range, but of a constant finer than that."""
        with np.errstate(over="ignore", invalid="ignore"):
            center = a.center + b.center
            once = growth((self.u, 1), (U, 1)) * ABOVE
            same_sign = a.floor >= 0 and b.floor >= 0
            if same_sign:
                relative = growth((max(a.relative, b.relative), 1), (self.u, 1), (U, 1)) * ABOVE
                absolute = (a.absolute + b.absolute) * (1 + once)
            else:
                relative, absolute = once, (a.off + b.off) * (1 + once)
            if self.arithmetic.flushes:
                absolute = absolute + 3 * self.omega
            elif any(x.center.ndim == 0 and x.center for x in (a, b)):
                absolute = absolute + self.omega
            floor = self._lower(a.floor + b.floor) if same_sign else -math.inf
            return Band(np.asarray(center), relative, absolute, floor)

    def _lower(self, floor: float) -> float:
        """What a result is no less than that was no less than this before it was rounded."""
        lost = self.omega if self.omega < floor < self.form.smallest_normal else 0.0
        return max(floor * (1 - self.u - 2 * U) - lost, 0.0) if floor >= 0 else -math.inf

    def product(self, over: Sequence[Band], under: Sequence[Band] = ()) -> Band:
        """`Π over / Π under` in any order, quotients as products with a reciprocal too.

        A result that underflows on the way is off by ω, which the factors to come multiply.
        """
        first, *others = over
        steps = len(others) + 2 * len(under)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            center, relative, absolute = first.center, first.relative, first.absolute
            for y in others:
                grown = _times(absolute, y.absolute)
                grown = grown + _times(absolute, (1 + y.relative) * np.abs(y.center))
                absolute = grown + _times(y.absolute, (1 + relative) * np.abs(center))
                center, relative = center * y.center, (relative + y.relative + relative * y.relative) * ABOVE
            lows = [_least(y) for y in under]
            for y, low in zip(under, lows, strict=True):
                if y.relative >= 1:
                    relative, low = math.inf, np.zeros(())
                else:
                    relative = (relative + y.relative) / (1 - y.relative) * ABOVE
                center = center / y.center
                absolute = _over(absolute + _times(y.absolute, (1 + relative) * np.abs(center)), low)
            relative = growth((relative, 1), (self.u, steps), (U, steps)) * ABOVE
            absolute = absolute * (1 + growth((self.u, steps)))
            if steps:
                absolute = absolute + self._underflow(over, under, lows)
            positive = all(x.floor >= 0 for x in (*over, *under))
            return Band(np.asarray(center), relative, absolute, 0.0 if positive else -math.inf)

    def _underflow(self, over: Sequence[Band], under: Sequence[Band], lows: Sequence[Any]) -> Any:
        """What all operations of a product may lose, zero where a factor of it is."""
        steps = len(over) - 1 + 2 * len(under)
        lost: Any = steps * self.omega * ABOVE
        if len(over) + len(under) > 2:
            for low in lows:
                lost = lost * np.maximum(1.0, _over(1.0, low))
        if steps > 1:
            for x in over:
                lost = lost * np.maximum(1.0, (1 + x.relative) * np.abs(x.center) + x.absolute)
        zero: Any = False
        for x in over:
            zero = zero | x.zero
        return np.where(zero, 0.0, lost)

    def sqrt(self, a: Band) -> Band:
        """`√a`, rounded once; nothing can be said where a correct evaluation may be negative."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            center = np.sqrt(np.maximum(a.center, 0.0))
            kept = math.sqrt(max(1 - a.relative, 0.0)) * (1 - 4 * U)
            relative = growth((a.relative / (1 + kept), 1), (self.u, 1), (U, 1)) * ABOVE
            absolute: Any = 0.0
            if np.any(a.absolute):
                absolute = a.absolute / np.maximum(kept * center, np.sqrt(a.absolute))
                absolute = np.where(np.asarray(a.absolute) == 0, 0.0, absolute) * (1 + self.u) * ABOVE
            if not a.floor >= 0:
                absolute = np.where((a.center > a.off * ABOVE) | a.zero, absolute, np.inf)
            return Band(np.asarray(center), relative, absolute, self._lower(math.sqrt(max(a.floor, 0.0))))

    def absolute(self, a: Band) -> Band:
        """`|a|`, without a rounding."""
        return Band(np.abs(a.center), a.relative, a.absolute, 0.0)

    def maximum(self, a: Band, b: Band) -> Band:
        """`max(a, b)`, off by no more than the worse of the two, and than the larger where that is decided."""
        off_a, off_b = np.asarray(a.off) * ABOVE, np.asarray(b.off) * ABOVE
        apart = a.center - b.center
        decided = np.abs(apart) > (off_a + off_b) * ABOVE
        off = np.where(decided, np.where(apart > 0, off_a, off_b), np.maximum(off_a, off_b))
        return Band(np.maximum(a.center, b.center), 0.0, off, max(a.floor, b.floor))

    def by_sign(self, a: Band, negative: Band, zero: Band, positive: Band) -> Band:
        """One of three; where an evaluation may find another sign, any of them."""
        sign, off = np.sign(a.center), np.asarray(a.off) * ABOVE
        choices = (negative, zero, positive)
        center, own = (
            np.select([sign < 0, sign == 0], [x, y], z)
            for x, y, z in ([c.center for c in choices], [np.asarray(c.off) for c in choices])
        )
        any_of = np.max(np.broadcast_arrays(*(np.abs(c.center - center) + c.off for c in choices)), axis=0)
        undecided = ~(np.abs(a.center) > off) & ~a.zero
        return Band(center, 0.0, np.where(undecided, any_of, own) * ABOVE, min(c.floor for c in choices))

    def nonnegative(self, a: Band) -> Band:
        """`a`, no evaluation of which is negative; nothing can be said where the centre is."""
        absolute = np.where(a.center < 0, np.inf, a.absolute) if np.any(a.center < 0) else a.absolute
        return replace(a, absolute=absolute, floor=max(a.floor, 0.0))

    def either(self, *forms: Band) -> Band:
        """The first form's centre, with the bounds of all of them around it."""
        first, *others = forms
        off = first.off
        for form in others:
            off = np.maximum(off, form.off + np.abs(form.center - first.center))
        return Band(first.center, 0.0, off * ABOVE, min(form.floor for form in forms))

    def loosened(self, a: Band, times: int) -> Band:
        """`a` after so many roundings more, none of which underflows."""
        more = growth((self.u, times))
        relative = growth((a.relative, 1), (self.u, times)) * ABOVE
        return replace(a, relative=relative, absolute=a.absolute * (1 + more), floor=self._lower(a.floor * (1 - more)))

    def store(self, a: Band) -> Band:
        """`a` rounded to the format of parameters and state, where intermediate results are kept in another."""
        if self.form == self.kept:
            return a
        lost = np.where(a.zero, 0.0, self._lost(self.kept))
        once = self.kept.unit_roundoff
        return replace(a, relative=growth((a.relative, 1), (once, 1)) * ABOVE, absolute=a.absolute * (1 + once) + lost)


def _rounding(size: float, form: Format, lost: float) -> float:
    """What rounding a constant of this size costs, which does not vanish."""
    return form.unit_roundoff * size + (lost if lost < size < form.smallest_normal else 0.0)


def _holds(form: Format, x: float) -> bool:
    """Whether a number is one of the format, in its normal range."""
    known = form.name in BY_NAME and (not x or abs(x) >= form.smallest_normal)
    with np.errstate(over="ignore"):
        return known and float(form.dtype.type(x)) == x


def _times(a: Any, b: Any) -> Any:
    """`a b`, where nothing times infinity is nothing and costs no array."""
    return 0.0 if isinstance(a, float) and not a else a * b


def _over(a: Any, b: Any) -> Any:
    """`a / b`, where nothing is nothing, and infinite where b may be zero."""
    if isinstance(a, float) and not a:
        return 0.0
    return np.where(b > 0, a / np.where(b > 0, b, 1.0), np.where(np.asarray(a) == 0, 0.0, np.inf))


def _least(a: Band) -> Any:
    """`≤ |x̂|` for every evaluation; not above zero where it may vanish."""
    low = np.abs(a.center) * (1 - a.relative - 16 * U)
    if not (isinstance(a.absolute, float) and not a.absolute):
        low = low - a.absolute * ABOVE
    return np.maximum(low, a.floor) if a.floor > 0 else low
