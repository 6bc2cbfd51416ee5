"""What exact statistics cost: time against BLAS, memory above the data, and the evaluation of wide problems.

Each measurement is taken in a process of its own, since the peak of a process's memory never falls, and neither
`tracemalloc` nor NumPy see what BLAS and python-flint take. Run it alone: `python -m tools.bench.scale`.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tools.bench.figures import Result, at_most, line, told
from tools.bench.memory import peak

ROWS = 10_000_000
REPEATS = 5

Figures = list[tuple[str, float, float | None, str]]


def measure() -> list[Result]:
    """The figures of this module; those of which nothing is promised have no limit."""
    if importlib.util.find_spec("resource") is None:
        print("scale: only POSIX systems tell the peak of a process's memory: not measured")
        return []
    found: list[Result] = []
    # A fresh interpreter for each: a forked one would begin with this one's peak.
    context = multiprocessing.get_context("spawn")
    for what in (float64_rows, float32_rows, short_problem, wide_problem):
        with context.Pool(1) as pool:
            for name, value, limit, unit in pool.apply(what):
                found.append(told(name, value, unit) if limit is None else at_most(name, value, limit, unit))
    return found


def float64_rows() -> Figures:
    """Sums of products of 10⁷ rows of eight features and a target, 53 bits each, beside `X.T @ X`."""
    from reference.least_squares import LeastSquares

    random = np.random.default_rng(0)
    x, y = random.standard_normal((ROWS, 8)), random.standard_normal((ROWS, 1))
    before = peak()
    LeastSquares(x, y)
    above = peak() - before
    ratios = []
    for _ in range(REPEATS):
        plain = min(_seconds(lambda: x.T @ x) for _ in range(3))
        ratios.append(_seconds(lambda: LeastSquares(x, y)) / plain)
    return [
        ("exact sums / X.T @ X, float64, d = 8, N = 10⁷", statistics.median(ratios), 30, "times"),
        ("memory above the data, float64, d = 8, N = 10⁷", above, 200, "MB"),
    ]


def float32_rows() -> Figures:
    """The problem of 10⁷ rows of one float32 feature."""
    from reference.least_squares import LeastSquares

    random = np.random.default_rng(0)
    x, y = random.standard_normal(ROWS, dtype=np.float32), random.standard_normal(ROWS, dtype=np.float32)
    before = peak()
    LeastSquares(x, y)
    above = peak() - before
    seconds = statistics.median(_seconds(lambda: LeastSquares(x, y)) for _ in range(REPEATS))
    return [
        ("exact sums, float32, d = 1, N = 10⁷", seconds, 3, "s"),
        ("memory above the data, float32, d = 1, N = 10⁷", above, 200, "MB"),
    ]


def short_problem() -> Figures:
    """Every exact number of a run of 500 steps at N = 100."""
    from reference.least_squares import LeastSquares

    x, y, evaluate = _run(1, 1, 100, 500)
    construct = statistics.median(_seconds(lambda: LeastSquares(x, y)) for _ in range(200))
    total = statistics.median(_seconds(evaluate) for _ in range(30))
    return [
        ("LeastSquares, d = 1, N = 100", 1e3 * construct, None, "ms"),
        ("everything exact, d = 1, N = 100, 500 steps", 1e3 * total, None, "ms"),
    ]


def wide_problem() -> Figures:
    """Every exact number and bound of a run of 200 steps with 64 features and 32 targets."""
    *_, evaluate = _run(64, 32, 1024, 200)
    return [("everything exact, d = 64, m = 32, N = 1024, 200 steps", _seconds(evaluate), 3, "s")]


def _run(d: int, m: int, rows: int, steps: int) -> tuple[Any, Any, Callable[[], object]]:
    """Data, and a call of everything that a judge asks of the exact problem about one run."""
    from reference import rounding
    from reference.arithmetic import Arithmetic
    from reference.evaluate import Evaluation
    from reference.formats import FLOAT32
    from reference.least_squares import LeastSquares
    from reference.optimizers.sgd import update_error
    from reference.scales import scales

    random = np.random.default_rng(0)

    def single(*shape: int) -> Any:
        return random.standard_normal(shape, dtype=np.float32)

    x, y = single(rows, d), single(rows, m)
    V, reported, losses = (
        a.astype(np.float64) for a in (single(steps + 1, d + 1, m), single(steps, d + 1, m), single(steps))
    )
    lr = float(np.float32(0.01))
    claim = Arithmetic(FLOAT32, FLOAT32)

    def evaluate() -> object:
        problem = LeastSquares(x, y)
        exact = Evaluation(problem, V[:-1])
        gradient = exact.gradient()
        sizes = scales(problem, V[:-1], exact.residual_squares())
        bound = rounding.gradient_bound(claim, problem, sizes)
        return (
            exact.gradient_error(reported),
            exact.loss_error(losses),
            update_error(V[:-1], reported, lr, V[1:]),
            rounding.loss_bound(claim, problem, sizes),
            rounding.update_bound(claim, lr, reported, V[1:]),
            rounding.run_bound(claim, problem, lr, gradient, bound, V),
            problem.descend_ball(V[0, :-1], V[0, -1], lr, steps),
        )

    return x, y, evaluate


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


if __name__ == "__main__":
    print("\n".join(map(line, measure())))
