"""The problems of the suite, by name.

Data are stored, as decimals that round to the very floats: no run depends on a generator of random numbers. What
generated them is told beside each, and a test repeats it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from reference.problem import Problem

DATA = Path(__file__).parent / "data"


def load(name: str) -> Problem:
    """The problem called `name`, one of `NAMES`.

    Raises
    ------
    ValueError
        if there is none of that name.
    """
    if name not in _BUILDERS:
        raise ValueError(f"problem: got {name!r}; one of {', '.join(NAMES)} will do")
    return _BUILDERS[name]()


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


def _line(name: str, w0: float, b0: float, lr: float, steps: int) -> Problem:
    table = np.loadtxt(DATA / f"{name}.csv", delimiter=",", skiprows=1).astype(np.float32)
    start = np.array([[w0], [b0]], dtype=np.float32)
    return Problem(name, table[:, :1], table[:, 1:], w0=start[:1], b0=start[1], lr=lr, steps=steps)


_BUILDERS: dict[str, Callable[[], Problem]] = {
    "stackoverflow": _stackoverflow,
    "stackoverflow_noisy": _stackoverflow_noisy,
    "probe97": _probe97,
}
NAMES = tuple(_BUILDERS)
