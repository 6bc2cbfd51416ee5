"""Gradients that are affine in the parameters, `2 [[Sxx, Sx], [Sx, 1]] θ - 2 (Sxy, Sy)`, for data that are not known.

All here is for the line, d = m = 1.
"""

from __future__ import annotations

import numpy as np

from gradagree.diagnosis.enclosure import OWN, Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.sums import affine, growth, magnitudes
from reference.dyadic import FloatArray

# Ranges of rows are searched all at once; with more rows, only those that begin or end with the data.
ALL_RANGES = 1024


def moved_targets(run: Evidence, shift_w: float = 0.0, shift_b: float = 0.0) -> Enclosure:
    """The true gradient, in the bound of one for targets paired anew, or with moments moved by half the shifts."""
    sizes = magnitudes(run)
    # Any pairing of x and y: Σ|x y| ≤ sqrt(Σx² Σy²).
    c = 2 * np.array([[np.sqrt(sizes[0, 0] * sizes[2, 2]) + abs(shift_w)], [sizes[1, 2] + abs(shift_b)]])
    return affine(run, (2 * run.mean[:2, :2], 2 * run.mean[:2, 2:]), (2 * sizes[:2, :2], c), run.N)


def fitted(run: Evidence) -> tuple[Enclosure, dict[str, float]] | None:
    """The four moments that fit the gradients best, if some data can have them, and the gradients that they give.

    Some data can: the means lie within the data's range, and `Sxx ≥ Sx²`.
    """
    actual, V = run.history, run.before
    steps = min(len(actual), len(V))
    # Data of the same magnitude as these: their sums of products are bounded by the largest entries.
    X, Y = float(np.abs(run.x).max()), float(np.abs(run.y).max())
    most = (2 * np.array([[X * X, X], [X, 1.0]]), 2 * np.array([[X * Y], [Y]]))
    tolerance = affine(run, (0 * most[0], 0 * most[1]), most, run.N).bound[:steps] + actual.bound[:steps]
    w, b, zero, one = V[:steps, 0, 0], V[:steps, 1, 0], np.zeros(steps), np.ones(steps)
    # Unknown: Sxx, Sx, Sxy, Sy.
    rows = np.concatenate([np.stack([w, b, -one, zero], axis=1), np.stack([zero, w, zero, -one], axis=1)])
    rest = np.concatenate([actual.center[:steps, 0, 0] / 2, actual.center[:steps, 1, 0] / 2 - b * run.scale])
    weights = 1 / np.concatenate([tolerance[:, 0, 0], tolerance[:, 1, 0]])
    if not (np.isfinite(weights).all() and np.isfinite(rest).all()):
        return None
    solution, *_ = np.linalg.lstsq(rows * weights[:, None] * run.scale, rest * weights, rcond=None)
    Sxx, Sx, Sxy, Sy = (float(v) for v in solution)
    possible = (
        run.x.min() <= Sx <= run.x.max()
        and run.y.min() <= Sy <= run.y.max()
        and Sx * Sx <= Sxx <= X * X
        and abs(Sxy) <= X * Y
    )
    if not possible:
        return None
    sums = 2 * np.array([[Sxx, Sx], [Sx, 1.0]]), 2 * np.array([[Sxy], [Sy]])
    return affine(run, sums, most, run.N), {"mean_xx": Sxx, "mean_x": Sx, "mean_xy": Sxy, "mean_y": Sy}


def best_range(run: Evidence) -> tuple[int, int, bool]:
    """Rows `start:stop` whose gradients, or those of all other rows, come nearest; whether they are the ones used."""
    x, y = run.x[:, 0], run.y[:, 0]
    columns = np.stack([np.ones_like(x), x, x * x, x * y, y], axis=1)
    sums = np.concatenate([np.zeros((1, 5)), np.cumsum(columns, axis=0)])
    if run.N <= ALL_RANGES:
        start, stop = np.triu_indices(run.N + 1, 1)
    else:
        ends = np.arange(1, run.N)
        start, stop = np.concatenate([0 * ends, ends]), np.concatenate([ends, 0 * ends + run.N])
    proper = stop - start < run.N
    start, stop = start[proper], stop[proper]
    inside = sums[stop] - sums[start]
    steps = min(len(run.history), run.steps)
    probes = sorted({0, steps // 2, steps - 1})
    best: tuple[float, int, bool] | None = None
    for is_inside, moments in ((True, inside), (False, sums[-1] - inside)):
        off = _distance(run, moments, probes)
        index = int(np.argmin(off))
        if best is None or off[index] < best[0]:
            best = float(off[index]), index, is_inside
    assert best is not None
    return int(start[best[1]]), int(stop[best[1]]), best[2]


def _distance(run: Evidence, moments: FloatArray, probes: list[int]) -> FloatArray:
    """How far the gradients of each set of rows are from the reported ones, in units of a bound, at some steps."""
    n, Sx, Sxx, Sxy, Sy = moments.T
    worst = np.zeros(len(moments))
    unit = growth(run, run.N) + OWN
    for k in probes:
        w, b = run.before[k, :, 0]
        for row, (linear, constant, target) in enumerate(((Sxx, Sx, Sxy), (Sx, n, Sy))):
            got = run.history.center[k, row, 0] / run.scale
            size = (
                unit * (np.abs(linear * w) + np.abs(constant * b) + np.abs(target)) / n + run.history.bound[k, row, 0]
            )
            worst = np.maximum(worst, np.abs(2 * (linear * w + constant * b - target) / n - got) / size)
    return worst
