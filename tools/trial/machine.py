"""A floating-point unit in NumPy: any format, any direction of rounding, fused or not, flushing or not, exactly.

Numbers are carried in float64. An operation yields its exact result as a pair `high + low` (Knuth's and Dekker's
error-free transformations; Higham, *Accuracy and Stability*, §4.3), and rounds that pair once. It shares no code
with the formats' own casts, which a test holds against it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray
from reference.formats import FLOAT32, FLOAT64, Format
from tools.attack.machine import to_odd, two_sum

# Beyond these, Dekker's product loses its error term to underflow, or overflows on the way.
SAFE = (2.0**-900, 2.0**900)

DIRECTIONS: dict[str, Callable[[FloatArray], FloatArray]] = {
    "nearest": np.rint,  # ties to even
    "up": np.ceil,
    "down": np.floor,
    "to zero": np.trunc,
    "away": lambda v: np.copysign(np.ceil(np.abs(v)), v),
}


@dataclass(frozen=True)
class Machine:
    """What an evaluation runs on.

    Parameters
    ----------
    claim
        its formats, and what it may claim of itself.
    fused
        whether a product that is added is not rounded before.
    flushes_results, flushes_operands
        whether subnormal results, and subnormal numbers that are read, become zero.
    direction
        of rounding; the directed ones err by up to 2u, and only a claim of one bit less is honest about them.
    """

    claim: Arithmetic
    fused: bool = False
    flushes_results: bool = False
    flushes_operands: bool = False
    direction: str = "nearest"

    @property
    def storage(self) -> Format:
        """The format of what is stored, its real one and not the one it claims."""
        return self._real(self.claim.storage)

    @property
    def accumulate(self) -> Format:
        """The format of sums."""
        return self._real(self.claim.accumulate)

    def multiplier(self, values: FloatArray) -> FloatArray:
        """Stored operands as a matrix product sees them."""
        values = self._read(values, self.storage)
        if self.claim.multiply is None or self.claim.multiply.contains(self.claim.storage):
            return values
        return round_pair(values, np.zeros_like(values), self.claim.multiply)

    def store(self, values: FloatArray) -> FloatArray:
        """Sums, converted to the storage format."""
        return self._finish(values, np.zeros_like(values), self.storage)

    def multiply(self, a: FloatArray, b: FloatArray, form: Format | None = None) -> FloatArray:
        """`a * b`, rounded to a format, storage unless told otherwise."""
        form = form or self.storage
        return self._finish(*_two_product(self._read(a, form), self._read(b, form), form), form)

    def add(self, a: FloatArray, b: FloatArray, form: Format | None = None) -> FloatArray:
        """`a + b`, rounded to a format, storage unless told otherwise."""
        form = form or self.storage
        return self._finish(*two_sum(self._read(a, form), self._read(b, form)), form)

    def multiply_add(self, a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
        """`a * b + c` in the accumulator, rounded once if fused and twice if not."""
        if not self.fused:
            return self.add(self.multiply(a, b, self.accumulate), c, self.accumulate)
        a, b, c = (self._read(v, self.accumulate) for v in (a, b, c))
        if self.accumulate == FLOAT64:
            return self._finish(fma(a, b, c), np.zeros(np.broadcast(a, b, c).shape), FLOAT64)
        # A product of two narrower numbers is a float64, so this is one rounding of the whole.
        return self._finish(*two_sum(a * b, c), self.accumulate)

    def _real(self, claimed: Format) -> Format:
        if self.direction == "nearest":
            return claimed
        return Format(claimed.name, claimed.precision + 1, claimed.emin, claimed.emax)

    def _read(self, values: FloatArray, form: Format) -> FloatArray:
        return _flushed(values, form) if self.flushes_operands else values

    def _finish(self, high: FloatArray, low: FloatArray, form: Format) -> FloatArray:
        rounded = round_pair(high, low, form, self.direction)
        return _flushed(rounded, form) if self.flushes_results else rounded


def round_pair(high: FloatArray, low: FloatArray, form: Format, direction: str = "nearest") -> FloatArray:
    """`high + low` rounded once, where `high` is the float64 nearest to it."""
    if form.precision == FLOAT64.precision:
        if direction == "nearest":
            return high
        return _step(high, low, direction)
    if direction == "nearest" and form == FLOAT32 and not low.any():
        with np.errstate(over="ignore"):
            return high.astype(np.float32).astype(np.float64)
    odd = to_odd(high, low)
    _, exponents = np.frexp(odd)
    quantum = np.maximum(exponents - form.precision, form.emin - form.precision + 1)
    # Two bits more than a format's are kept by rounding to odd, and so one more rounding is as good as the first.
    return np.asarray(np.ldexp(DIRECTIONS[direction](np.ldexp(odd, -quantum)), quantum))


def fma(a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
    """`a * b + c` in float64, rounded once (Boldo & Melquiond, IEEE Trans. Computers 57, 2008, algorithm 5)."""
    a, b, c = np.broadcast_arrays(a, b, c)
    high, low = _dekker(a, b)
    t_high, t_low = two_sum(c, low)
    v_high, v_low = two_sum(high, t_high)
    result = np.asarray(v_high + to_odd(*two_sum(t_low, v_low)))
    unsafe = ~((np.abs(high) > SAFE[0]) & (np.abs(high) < SAFE[1])) & (a != 0) & (b != 0)
    for index in np.argwhere(unsafe):
        i = tuple(index)
        result[i] = float(Fraction(float(a[i])) * Fraction(float(b[i])) + Fraction(float(c[i])))
    return result


def _two_product(a: FloatArray, b: FloatArray, form: Format) -> tuple[FloatArray, FloatArray]:
    # Products of two narrower numbers fit into a float64; where the format is float64, native rounding has been done.
    a, b = np.broadcast_arrays(a, b)
    if form.precision < FLOAT64.precision:
        return a * b, np.zeros(a.shape)
    high, low = _dekker(a, b)
    return high, np.where((np.abs(high) > SAFE[0]) & (np.abs(high) < SAFE[1]), low, 0.0)


def _dekker(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    with np.errstate(over="ignore", invalid="ignore"):
        high = np.asarray(a * b)
        (a1, a2), (b1, b2) = _split(a), _split(b)
        return high, np.asarray(a2 * b2 - (((high - a1 * b1) - a2 * b1) - a1 * b2))


def _split(a: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Two halves of 26 bits each (Veltkamp)."""
    large = a * (2.0**27 + 1)
    high = large - (large - a)
    return high, a - high


def _step(high: FloatArray, low: FloatArray, direction: str) -> FloatArray:
    """The float64 next to `high + low` in a direction, `high` being the nearest."""
    sign = np.sign(high)
    toward = {"up": np.ones_like(sign), "down": -np.ones_like(sign), "to zero": -sign, "away": sign}[direction]
    return np.where(low * toward > 0, np.nextafter(high, np.copysign(np.inf, low)), high)


def _flushed(values: FloatArray, form: Format) -> FloatArray:
    return np.where(np.abs(values) < form.smallest_normal, 0.0, values)
