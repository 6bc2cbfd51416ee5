"""The truth twice: python-flint's sums and the standard library's fractions, equal on thousands of random problems."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from reference.dyadic import FloatArray
from reference.evaluate import Evaluation
from reference.least_squares import LeastSquares, SingularError
from tests.support.fraction_truth import FractionTruth, fractions, nearest
from tools.trial.edges import Draw


def disagreements(count: int) -> list[str]:
    """How many of `count` random problems the two truths differ on, as sentences: none, if all is well."""
    return [sentence for seed in range(count) for sentence in _compare(seed)]


def _compare(seed: int) -> list[str]:
    draw = Draw(10_000 + seed)
    N, d, m = (1 + int(n * u) for n, u in zip((9, 3, 2), draw.uniform(3), strict=True))
    x, y, V = _numbers(draw, N, d), _numbers(draw, N, m), _numbers(draw, d + 1, m)
    if draw.uniform(1)[0] < 0.2:
        x[:] = x[0]  # singular
    dtype = (np.float64, np.float32)[seed % 2]
    x, y = x.astype(dtype).astype(np.float64), y.astype(dtype).astype(np.float64)

    exact, second = LeastSquares(x.astype(dtype), y.astype(dtype)), FractionTruth(_rows(x), _rows(y))
    parameters = _rows(V)
    gradient = second.gradient(parameters)
    w, b = exact.gradient(V[:-1], V[-1])
    batch = Evaluation(exact, V[None])
    pairs = {
        "gradient": ([*w.tolist(), np.asarray(b).tolist()], gradient),
        "loss": (exact.loss(V[:-1], V[-1]), second.loss(parameters)),
        "sums of squares": ([Fraction(int(v.p), int(v.q)) for v in exact.G.entries()], _gram(second)),
        "batch": (
            batch.gradient_error(batch.gradient())[0].tolist(),
            [
                [_error(g, e, N * m) for g, e in zip(*rows, strict=True)]
                for rows in zip(batch.gradient()[0].tolist(), gradient, strict=True)
            ],
        ),
        "minimiser": (_solution(exact), second.solution()),
    }
    return [f"problem {seed}, {N}×{d}×{m}: {name}" for name, (one, other) in pairs.items() if one != other]


def _numbers(draw: Draw, *shape: int) -> FloatArray:
    """Magnitudes over a range that is itself drawn, some of them small integers, some zero."""
    spread = int(60 * draw.uniform(1)[0])
    values = draw.centred(*shape) * 2.0 ** np.floor(spread * draw.centred(*shape))
    kind = draw.uniform(*shape)
    return np.where(kind < 0.2, 0.0, np.where(kind < 0.4, np.floor(4 * values), values))


def _rows(values: FloatArray) -> list[list[Fraction]]:
    return fractions(values.tolist())


def _gram(second: FractionTruth) -> list[Fraction]:
    X = second.X
    return [sum((row[j] * row[k] for row in X), Fraction(0)) for j in range(len(X[0])) for k in range(len(X[0]))]


def _error(rounded: float, exact: Fraction, count: int) -> float:
    """What `gradient_error` says of a rounded gradient: it divides by the count last, after a first rounding."""
    return nearest((Fraction(rounded) - exact) * count) / count


def _solution(exact: LeastSquares) -> list[list[Fraction]] | None:
    try:
        w, b = exact.solution()
    except SingularError:
        return None
    return [*w.tolist(), np.asarray(b).tolist()]
