"""The problems of the suite, by name.

Measured and random data are stored, as decimals that round to the very floats: no run depends on a generator of random
numbers. What generated them is told beside each, and a test repeats it. Others are made by formula, in `synthetic`.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import numpy as np

from reference import nist, synthetic
from reference.numbers import hashed
from reference.problem import LAYOUTS, Problem, regression

DATA = Path(__file__).parent / "data"

# Lengths at which loops over vector registers begin and end.
TAILS = (1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 127, 129, 255)

CLASSIC = ("stackoverflow", "stackoverflow_noisy", "probe97")


def load(name: str) -> Problem:
    """The problem called `name`, one of `NAMES`.

    Raises
    ------
    ValueError
        if there is none of that name.
    """
    if name not in _BUILDERS:
        raise ValueError(f"problem: got {name!r}; one of {', '.join(NAMES)} will do")
    return _BUILDERS[name]().replace(name=name, tags=tags(name))


@functools.lru_cache(maxsize=128)
def cast(problem: str, dtype: str) -> Problem:
    """The problem of that name, cast once, so that all implementations share its exact statistics."""
    return load(problem).cast(dtype)


def _stackoverflow() -> Problem:
    """The classic: a line through 100 points, as in the forum thread this suite began with.

    PyTorch's CPU generator, seed 0: `x = rand(100, 1) * 5`, `y = 2.3 + 5.1 x + 0.2 randn(100, 1)`, `w = randn(1)`,
    `b = randn(1)`. After 500 steps it has not converged: exact descent is then 0.124 from the minimiser.
    """
    return _line("stackoverflow", w0=0.49878615, b0=-0.52332324, lr=0.01, steps=500)


def _stackoverflow_noisy() -> Problem:
    """The same recipe with ten times the noise, `2 * randn`, and 100 steps."""
    return _line("stackoverflow_noisy", w0=0.49878615, b0=-0.52332324, lr=0.01, steps=100)


def _probe97() -> Problem:
    """A line with no accidents: N and lr are such that no two mistakes coincide.

    On the classic problem `N lr = 1`, where "the mean taken twice" and "lr applied twice" are one. NumPy's PCG64,
    seed 97, in float32: `x = 5 random((97, 1))`, `y = 2.3 + 5.1 x + 0.2 standard_normal((97, 1))`,
    `w = standard_normal(1)`, `b = standard_normal(1)`.
    """
    return _line("probe97", w0=2.201425, b0=-0.72175926, lr=0.0113, steps=200)


def _diverging() -> Problem:
    """The classic with a learning rate over 2/λmax = 0.1128: exact descent diverges, and so must everybody."""
    return _stackoverflow().replace(lr=0.2, steps=20)


def _norris() -> Problem:
    """NIST's Norris: 36 measurements, x up to 1000, so that descent creeps."""
    data = nist.load("Norris")
    x = np.array([[float(value) for value in row] for row in data.x])
    y = np.array([[float(value)] for value in data.y])
    return regression("norris", x, y, w0=np.zeros((1, 1)), b0=np.zeros(1), lr=1e-6, steps=50)


def _constant_x() -> Problem:
    """One x for all rows: w and b cannot be told apart, and the minimiser is a line of points."""
    y = 1 + hashed(24, 1, seed=60, bits=7)
    return regression("constant_x", np.full((24, 1), 1.5), y, w0=np.zeros((1, 1)), b0=np.ones(1), lr=0.125, steps=20)


def _single_row() -> Problem:
    """One row: fewer equations than unknowns, and a mean over nothing but it."""
    one = np.ones((1, 1))
    return regression("single_row", 1.5 * one, 3 * one, w0=0 * one, b0=one[0], lr=0.125, steps=20)


def _line(name: str, w0: float, b0: float, lr: float, steps: int) -> Problem:
    table = np.loadtxt(DATA / f"{name}.csv", delimiter=",", skiprows=1).astype(np.float32)
    start = np.array([[w0], [b0]], dtype=np.float32)
    return regression(name, table[:, :1], table[:, 1:], w0=start[:1], b0=start[1], lr=lr, steps=steps)


def _offset() -> Problem:
    """X around 1000: the two columns of `[x, 1]` are nearly one, and residuals are small differences."""
    problem = synthetic.dense(50, 1, 1, steps=10, lr=1e-7, seed=70)
    return problem.replace(x=problem.x + 1000, b0=np.zeros(1))


def _layout(layout: str) -> Problem:
    """X as a view that is transposed, strided or offset in memory; what lies beside it there is NaN."""
    problem = synthetic.dense(37, 5, 3, steps=10, lr=0.5, seed=80)
    return dataclasses.replace(problem, layout=layout)


_dense = synthetic.dense

_LATTICES: dict[str, Callable[[], Problem]] = {
    "lattice_64": partial(synthetic.lattice, 64),
    "lattice_64_targets": partial(synthetic.lattice, 64, d=3, m=4),
    "lattice_4096": partial(synthetic.lattice, 4096),
    "lattice_4096_targets": partial(synthetic.lattice, 4096, d=2, m=2),
    "lattice_wide_entries": partial(synthetic.lattice, 64, d=2, m=2, bits=14),
}

# Gradients of a few units beside sums that grow with N: they tell where the claim prescribes every bit, and only there.
DENSE_LATTICES = {
    "dense_lattice_64": partial(synthetic.dense_lattice, 64),
    "dense_lattice_4096": partial(synthetic.dense_lattice, 4096),
    "dense_lattice_4096_targets": partial(synthetic.dense_lattice, 4096, d=2, m=2),
    # Its squares add up to 81,920, beyond float16, and their mean is 2.5 (pytorch#91597).
    "dense_lattice_32768": partial(synthetic.dense_lattice, 2**15),
    "dense_lattice_65536_targets": partial(synthetic.dense_lattice, 2**16, d=16, m=16),
    "dense_lattice_million": partial(synthetic.dense_lattice, 2**20),
}

_TAILS: dict[str, Callable[[], Problem]] = {
    **{f"tails_rows_{n}": partial(_dense, rows=n, d=1, m=1, steps=4, lr=0.25, seed=100 + n) for n in TAILS},
    **{f"tails_params_{n}": partial(_dense, rows=n + 2, d=n, m=1, steps=4, lr=0.25 / n, seed=400 + n) for n in TAILS},
}

_STRIDES = {f"layouts_{layout}": partial(_layout, layout) for layout in LAYOUTS[1:]}

_BUILDERS: dict[str, Callable[[], Problem]] = {
    "stackoverflow": _stackoverflow,
    "stackoverflow_noisy": _stackoverflow_noisy,
    "probe97": _probe97,
    **_LATTICES,
    **DENSE_LATTICES,
    # Products of more than 2¹⁵ terms, no multiple of a tile, with 16 rows and columns or more (pytorch#177116).
    "long_wide": partial(synthetic.lattice, 33000, d=16, m=16),
    "targets": partial(_dense, rows=61, d=8, m=4, steps=20, lr=0.5, seed=10),
    "wide": partial(_dense, rows=1024, d=64, m=32, steps=5, lr=0.5, seed=20),
    **_TAILS,
    **_STRIDES,
    "offset": _offset,
    "scales": synthetic.scales,
    "tiny_float32": partial(synthetic.tiny, 2.0**-139),
    "tiny_float16": partial(synthetic.tiny, 2.0**-15),
    "constant_x": _constant_x,
    "single_row": _single_row,
    "norris": _norris,
    "diverging": _diverging,
    "million": synthetic.million,
}
NAMES = tuple(_BUILDERS)

# What kind of problem each is, for rules to choose by before it is made.
TAGGED: dict[str, Collection[str]] = {
    "classic": CLASSIC, "lattice": _LATTICES, "dense lattice": DENSE_LATTICES, "tails": _TAILS, "strides": _STRIDES,
}  # fmt: skip


def tags(name: str) -> frozenset[str]:
    """The tags of the problem called `name`."""
    return frozenset(tag for tag, names in TAGGED.items() if name in names)
