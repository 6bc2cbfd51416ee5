"""Data that are hard on an evaluation: drawn in families, and changed a bit at a time. From raw bits of PCG64 alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.attack.data import Array, Data
from tools.attack.machine import finfo

WORDS = {2: np.uint16, 4: np.uint32, 8: np.uint64}


class Draw:
    """Raw bits, and what is made of them."""

    def __init__(self, seed: int) -> None:
        self.bits = np.random.PCG64(seed)

    def below(self, limit: int, shape: tuple[int, ...] = ()) -> Any:
        """Integers from 0 up to a limit."""
        count = int(np.prod(shape, dtype=int))
        drawn = np.atleast_1d(np.asarray(self.bits.random_raw(count), dtype=np.uint64)) >> np.uint64(11)
        drawn = (drawn % np.uint64(limit)).astype(np.int64)
        return drawn.reshape(shape) if shape else int(drawn[0])

    def fractions(self, shape: tuple[int, ...]) -> Array:
        """In [0, 1), of 52 bits."""
        return np.asarray(self.below(2**52, shape) * 2.0**-52)

    def signs(self, shape: tuple[int, ...]) -> Array:
        return np.asarray(1.0 - 2.0 * self.below(2, shape))

    def choose(self, things: Any) -> Any:
        return things[self.below(len(things))]


@dataclass(frozen=True)
class Sample:
    """`x (N, d)`, `y (N, m)` and K iterates `V (K, p, m)` in the storage format, and a learning rate."""

    x: Array
    y: Array
    V: Array
    lr: float


def together(samples: list[Sample]) -> Data:
    """Samples of one shape, side by side."""
    return Data(
        np.stack([s.x for s in samples], axis=1)[:, :, None],
        np.stack([s.y for s in samples], axis=1)[:, :, None],
        np.stack([s.V for s in samples]),
        np.array([s.lr for s in samples]),
    )


Numbers = Callable[[Draw, tuple[int, ...], "np.dtype[Any]"], Array]


def ordinary(draw: Draw, shape: tuple[int, ...], _: np.dtype[Any]) -> Array:
    return np.asarray(draw.signs(shape) * (1 + draw.fractions(shape)) * 2.0 ** (draw.below(5, shape) - 2))


def short(draw: Draw, shape: tuple[int, ...], _: np.dtype[Any]) -> Array:
    """Small integers, zero among them."""
    return np.asarray((draw.below(9, shape) - 4) / 2.0)


def above_powers(draw: Draw, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """A few units above a power of two, where a rounding is largest beside its number."""
    unit = float(finfo(dtype).eps)
    return np.asarray(draw.signs(shape) * (1 + unit * draw.below(8, shape)) * 2.0 ** (draw.below(3, shape) - 1))


def spread(draw: Draw, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Over as many binades as the format has digits."""
    digits = int(finfo(dtype).nmant)
    return np.asarray(draw.signs(shape) * (1 + draw.fractions(shape)) * 2.0 ** (1 - draw.below(digits + 2, shape)))


def tiny(draw: Draw, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Around the smallest normal number."""
    info = finfo(dtype)
    lowest = int(info.minexp) - int(info.nmant)
    exponents = np.maximum(int(info.minexp) + 6 - draw.below(int(info.nmant) + 8, shape), lowest)
    return np.asarray(draw.signs(shape) * (1 + draw.fractions(shape)) * 2.0**exponents)


NUMBERS: tuple[Numbers, ...] = (ordinary, short, above_powers, spread, tiny)


# What is special about a sample: its start is zero; products stagnate; all rows are one; residuals cancel.
KINDS = ("stagnating", "zero start", "cancelling", "", "one row")


def draw_sample(
    draw: Draw, dtype: np.dtype[Any], rows: int, d: int, m: int, iterates: int, kind: str | None = None
) -> Sample:
    """A sample of mixed families, special in every second case or as is told."""
    kind = draw.choose((*KINDS, "", "", "")) if kind is None else kind
    # x, y and V are each of a family of their own, or, more often than not, of one.
    family = draw.choose(NUMBERS)
    x, y, V = (
        (family if draw.below(3) else draw.choose(NUMBERS))(draw, shape, dtype)
        for shape in ((rows, d), (rows, m), (iterates, d + 1, m))
    )
    if kind == "cancelling" and draw.below(2):  # of one sign: what the sums lose is not made up for
        x, V = np.abs(x), np.abs(V)
    if kind in ("zero start", "stagnating"):
        V = np.zeros_like(V)  # residuals are -y, and no rounding of theirs is allowed for
    if kind == "stagnating":
        x, y = _stagnating(draw, dtype, rows, d, m)
    elif kind == "one row":
        x, y = np.tile(x[:1], (rows, 1)), np.tile(y[:1], (rows, 1))
    lr = (1 + float(draw.fractions(()))) * 2.0 ** -draw.below(14)
    sample = Sample(x.astype(dtype), y.astype(dtype), V.astype(dtype), lr)
    return cancelled(draw, sample) if kind == "cancelling" else sample


def _stagnating(draw: Draw, dtype: np.dtype[Any], rows: int, d: int, m: int) -> tuple[Array, Array]:
    """After the first row, products that are half a unit of it or a little less: added one by one, each is lost.

    x and y are in proportion, so that `Σ |x r|` is as large as its bound of Cauchy and Schwarz.
    """
    small = np.sqrt(float(finfo(dtype).eps) / 2)
    root = np.where(np.arange(rows) == 0, 1.0, small * (1 - draw.below(4) / 64))[:, None]
    return np.tile(root, (1, d)), np.tile(-root, (1, m))


def cancelled(draw: Draw, sample: Sample) -> Sample:
    """Targets at the predictions of the first iterate, but for a few units or for half of their digits."""
    info = finfo(sample.y.dtype)
    coarse = draw.choose((1, 1 << int(info.nmant) // 2))
    x, v = sample.x.astype(np.float64), sample.V[0].astype(np.float64)
    near = (x @ v[:-1] + v[-1]).astype(sample.y.dtype)
    return Sample(
        sample.x, _finite(_moved(near, coarse * (draw.below(5, near.shape) - 2)), sample.y), sample.V, sample.lr
    )


def mutated(draw: Draw, sample: Sample) -> Sample:
    """One with a few bits changed; its first iterate stays in half of all cases."""
    x, y, V, lr = sample.x, sample.y, sample.V[:1].repeat(len(sample.V), axis=0), sample.lr
    kind = draw.below(8)
    if kind in (0, 1, 2):
        x, y = _flipped(draw, x), _flipped(draw, y)
    elif kind == 3:
        x = _flipped(draw, x)
    elif kind == 4:
        y = _flipped(draw, y)
    elif kind == 5:  # one row becomes another
        i, j = draw.below(len(x)), draw.below(len(x))
        x, y = x.copy(), y.copy()
        x[i], y[i] = x[j], y[j]
    elif kind == 6:
        return cancelled(draw, Sample(x, y, _iterates(draw, V), _rate(draw, lr)))
    return Sample(x, y, _iterates(draw, V), _rate(draw, lr))


def _iterates(draw: Draw, V: Array) -> Array:
    return np.stack([V[0], *(_flipped(draw, v) for v in V[1:])])


def _rate(draw: Draw, lr: float) -> float:
    if draw.below(2):
        return lr
    return float(lr * (1 + (draw.below(129) - 64) / 1024) * 2.0 ** (draw.below(5) - 2))


def _flipped(draw: Draw, numbers: Array) -> Array:
    """A bit or three of random entries: of the significand, the exponent's lowest two, or the sign."""
    word = WORDS[numbers.dtype.itemsize]
    digits = int(finfo(numbers.dtype).nmant)
    changed = numbers.copy()
    bits = changed.view(word).reshape(-1)
    for _ in range(1 + draw.below(3)):
        place = draw.below(digits + 3)
        bit = place if place < digits + 2 else 8 * numbers.dtype.itemsize - 1
        where = draw.below(bits.size) if draw.below(3) else slice(None)
        bits[where] ^= word(1 << bit)
    return _finite(changed, numbers)


def _moved(numbers: Array, units: Array) -> Array:
    """Each by so many units in the last place, away from zero or towards it."""
    word = WORDS[numbers.dtype.itemsize]
    bits = numbers.copy().view(word)
    return (bits + units.astype(np.int64).astype(word)).view(numbers.dtype) if numbers.size else numbers


def _finite(numbers: Array, otherwise: Array) -> Array:
    return np.where(np.isfinite(numbers.astype(np.float64)), numbers, otherwise)
