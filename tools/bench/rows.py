"""Cost against the number of rows, from 10² to 10⁷, beside the time that memory needs to be read once."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from reference.least_squares import LeastSquares
from reference.validate import FloatData
from tools.bench.figures import Result, in_turn, told
from tools.bench.training import line, trains

SMALLEST, LARGEST = 2, 7


def measure() -> list[Result]:
    """Exact statistics, one training step and one pass over the data, for one float32 feature and one target."""
    found = []
    for power in range(SMALLEST, LARGEST + 1):
        rows = 10**power
        problem = line(rows, steps=1)
        x, y = np.array(problem.x), np.array(problem.y)
        calls: dict[str, Callable[[], object]] = {
            "exact sums of products": functools.partial(LeastSquares, x, y),
            "one training step (torch_manual)": trains("impls.torch_manual:descend", "torch", problem),
            "reading the data once (their maxima)": functools.partial(_maxima, x, y),
        }
        taken = in_turn(calls, repeats=3 if power > 5 else 9)
        found += [told(f"{name}, N = 10^{power}", 1e3 * seconds, "ms") for name, seconds in taken.items()]
    return found


def _maxima(x: FloatData, y: FloatData) -> tuple[object, object]:
    return x.max(), y.max()
