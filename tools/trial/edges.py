"""Problems at the edges of the rounding model: cancellation, huge offsets, zeros, duplicates, under- and overflow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reference.dyadic import FloatArray
from reference.formats import BY_NAME, Format
from reference.problem import Problem, regression


class Draw:
    """Random numbers that are the same under every version of NumPy: the raw bits of PCG64, whose stream is fixed."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def uniform(self, *shape: int) -> FloatArray:
        """Multiples of 2**-53 in [0, 1)."""
        raw = np.asarray(self._bits.random_raw(int(np.prod(shape))))
        return np.asarray((raw >> np.uint64(11)).astype(np.float64).reshape(shape) * 2.0**-53)

    def centred(self, *shape: int) -> FloatArray:
        """Uniform in [-1, 1)."""
        return 2 * self.uniform(*shape) - 1

    def noise(self, *shape: int) -> FloatArray:
        """Bell-shaped, of variance 1: twelve uniform numbers less their mean."""
        return np.asarray(self.uniform(12, *shape).sum(axis=0) - 6)

    def orders(self, count: int, rows: int) -> list[list[int]]:
        """Permutations of the rows, the given order first."""
        keys = self.uniform(count, rows)
        keys[0] = np.arange(rows)
        return [[int(i) for i in row] for row in keys.argsort(axis=1, kind="stable")]


Data = tuple[FloatArray, FloatArray, FloatArray]  # x (N, d), y (N, m), iterates (K, d+1, m)
Family = Callable[[Draw, Format, int, int, int, int], Data]


def ordinary(draw: Draw, _: Format, N: int, d: int, m: int, K: int) -> Data:
    """The classic recipe: a line with noise, iterates on their way to it."""
    x = 5 * draw.uniform(N, d)
    truth = 5 * draw.centred(d + 1, m)
    y = x @ truth[:-1] + truth[-1] + 0.2 * draw.noise(N, m)
    way = np.linspace(0, 1, K)[:, None, None] ** 0.25
    return x, y, truth * way + draw.centred(K, d + 1, m) * (1 - way)


def exact_fit(draw: Draw, _: Format, N: int, d: int, m: int, K: int) -> Data:
    """Small integers through which the line goes exactly: residuals and gradients are zero."""
    x = np.floor(6 * draw.uniform(N, d))
    V = np.floor(4 * draw.centred(K, d + 1, m))
    return x, x @ V[0, :-1] + V[0, -1], V


def huge_offset(draw: Draw, form: Format, N: int, d: int, m: int, K: int) -> Data:
    """x a few units in the last place around a large number: residuals lose most of their digits."""
    large = 2.0 ** min(form.precision - 2, form.emax // 3)
    x = large + np.floor(4 * draw.uniform(N, d))
    V = 1 + draw.centred(K, d + 1, m) * 2.0 ** (2 - form.precision)
    return x, x @ V[0, :-1] + draw.noise(N, m), V


def spread(draw: Draw, form: Format, N: int, d: int, m: int, K: int) -> Data:
    """Magnitudes over many binades, either sign."""
    e = min(20, form.emax // 5)

    def wide(*shape: int) -> FloatArray:
        return np.asarray(draw.centred(*shape) * 2.0 ** np.floor(e * draw.centred(*shape)))

    return wide(N, d), wide(N, m), wide(K, d + 1, m)


def zeros_and_duplicates(draw: Draw, _: Format, N: int, d: int, m: int, K: int) -> Data:
    """Few different rows, most of them zero, and parameters that are zero."""
    x, y = np.floor(2 * draw.uniform(N, d)) * 0.3, np.floor(3 * draw.uniform(N, m)) * 0.7
    return x, y, np.floor(3 * draw.centred(K, d + 1, m)) / 3


def cancelling(draw: Draw, _: Format, N: int, d: int, m: int, K: int) -> Data:
    """Residuals of alternating sign and one size: sums of large terms that leave almost nothing."""
    signs = (-1.0) ** np.arange(N)[:, None]
    x = np.ones((N, d)) * (1 + 0.5 * draw.uniform(1, d))
    return x, signs * 3 * (1 + 0.01 * draw.uniform(N, m)), 0.01 * draw.centred(K, d + 1, m)


def equal_terms(draw: Draw, _: Format, N: int, d: int, m: int, K: int) -> Data:
    """Every term of a sum alike, where the inequality of Cauchy and Schwarz is an equality."""
    x = np.ones((N, d)) * (1 + draw.uniform(1, d))
    return x, np.ones((N, m)) * 1e-3, 1 + draw.uniform(K, d + 1, m)


def tiny(draw: Draw, form: Format, N: int, d: int, m: int, K: int) -> Data:
    """Numbers whose products lie around the smallest normal one."""
    root = form.smallest_normal**0.5
    scale = 2.0 ** np.floor(4 * draw.centred(N, 1))
    V = draw.centred(K, d + 1, m) * np.vstack([np.full((d, 1), root), [[form.smallest_normal]]])
    return draw.centred(N, d) * root * scale, draw.centred(N, m) * form.smallest_normal * scale, V


def subnormal(draw: Draw, form: Format, N: int, d: int, m: int, K: int) -> Data:
    """Data and parameters below the smallest normal number."""
    small = form.smallest_normal
    return draw.centred(N, d) * small, draw.centred(N, m) * small, draw.centred(K, d + 1, m) * small


def subnormal_times_large(draw: Draw, form: Format, N: int, d: int, m: int, K: int) -> Data:
    """Subnormal x that large residuals and large weights bring back into range."""
    large = form.largest**0.25
    V = draw.centred(K, d + 1, m) * large
    return draw.centred(N, d) * form.smallest_normal, draw.centred(N, m) * large, V


def large(draw: Draw, form: Format, N: int, d: int, m: int, K: int) -> Data:
    """Squares of residuals close to the largest number."""
    size = form.largest**0.5 / (16 * N * m) ** 0.5 / (d + 2)
    return draw.centred(N, d), draw.centred(N, m) * size, draw.centred(K, d + 1, m) * size


FAMILIES: dict[str, Family] = {
    "ordinary": ordinary,
    "exact fit": exact_fit,
    "huge offset": huge_offset,
    "spread": spread,
    "zeros, duplicates": zeros_and_duplicates,
    "cancelling": cancelling,
    "equal terms": equal_terms,
    "tiny": tiny,
    "subnormal": subnormal,
    "subnormal × large": subnormal_times_large,
    "large": large,
}


def problem(family: str, dtype: str, N: int, d: int, m: int, K: int, seed: int) -> tuple[Problem, FloatArray]:
    """A problem of a family in a dtype, and K iterates `(K, p, m)` that are numbers of that dtype."""
    form = BY_NAME[dtype]
    x, y, V = FAMILIES[family](Draw(seed), form, N, d, m, K)
    cast = regression(family, x, y, V[0, :-1], V[0, -1], lr=2.0**-7, steps=1).cast(dtype)
    return cast, V.astype(form.dtype).astype(np.float64)
