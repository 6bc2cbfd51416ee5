"""Exact descent on other data than these: rows left out, targets exchanged, x and y swapped, another start."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.moments import best_range, fitted, moved_targets
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from gradagree.diagnosis.mistakes.solve import simplest, solve


@predicts("GD301")
def shuffled(run: Evidence) -> Iterator[Prediction]:
    """`G_w = g_w + c` with one c that a permutation's Sxy can give, and b's gradient exact."""
    if not run.line or not run.moves:
        return
    base = moved_targets(run)
    offset = run.is_w * 2 * run.scale

    def family(shift: float) -> Enclosure:
        return Enclosure(base.center + offset * shift, base.bound)

    shift = solve(run.history, family)
    if shift is None:
        return
    x, y = np.sort(run.x[:, 0]), np.sort(run.y[:, 0])
    Sxy = float(run.mean[0, 2])
    # The rearrangement inequality: no permutation has a smaller or a larger sum of products.
    if (x * y[::-1]).mean() <= Sxy - shift <= (x * y).mean():
        pairs = {"mean_xy": Sxy - shift}
        label = f"the gradient for other pairs of x and y, whose mean product is {Sxy - shift:.6g} and not {Sxy:.6g}"
        yield Prediction(label, family(shift), constants=pairs, fitted_constants=1, quantity="data", generality=1)


@predicts("GD303")
def another_start(run: Evidence) -> Iterator[Prediction]:
    """Exact descent from another `θ_0`."""
    if not np.array_equal(run.V[0], run.problem.V0):
        label = "exact descent from another start"
        yield Prediction(label, fitted_constants=run.V[0].size, unpredicted=("start",), quantity="data")


@predicts("GD304")
def fixed_rows(run: Evidence) -> Iterator[Prediction]:
    """Exact descent on rows i to j, or on all others; failing that, on any data with moments that fit every step."""
    if not run.line or run.N < 2 or not run.moves:
        return
    start, stop, inside = best_range(run)
    kept = ((np.arange(run.N) >= start) & (np.arange(run.N) < stop)) == inside
    rows = f"rows {start} to {stop - 1}"
    label = f"the gradient for {rows} alone" if inside else f"the gradient without {rows}"
    gradient = run.gradient_on(run.x[kept], run.y[kept])
    constants = {"first": float(start), "last": float(stop - 1)}
    yield Prediction(label, gradient, constants=constants, fitted_constants=2, quantity="data")
    whole = fitted(run)
    if whole is not None:
        gradient, moments = whole
        note = "which rows these are cannot be told from the record, only their means"
        label = "the gradient for other data, the same at every step"
        yield Prediction(
            label, gradient, constants=moments, fitted_constants=4, quantity="data", notes=(note,), generality=3
        )


@predicts("GD305")
def another_target(run: Evidence) -> Iterator[Prediction]:
    """`G = g + (c_w, c_b)`, two constants for all steps."""
    if not run.line or not run.moves:
        return
    actual = run.history
    true = moved_targets(run)[: len(actual)]
    rest = true.center - actual.center
    for _ in range(2):  # the bounds depend a little on the shifts
        slack = true.bound + actual.bound
        low, high = (rest - slack).max(axis=0)[:, 0], (rest + slack).min(axis=0)[:, 0]
        shifts = [
            simplest(float(a), float(z)) if a <= z else float(np.median(rest[:, j, 0]))
            for j, (a, z) in enumerate(zip(low, high, strict=True))
        ]
        true = moved_targets(run, *shifts)[: len(actual)]
    gradient = Enclosure(true.center - np.array(shifts)[None, :, None], true.bound)
    # The line that has the same moments as the target used: H V = c.
    H, half = run.mean[:2, :2], np.array(shifts) / (2 * run.scale)
    if np.linalg.matrix_rank(H) < 2:
        return
    slope, intercept = np.linalg.solve(H, run.mean[:2, 2] + half)
    label = f"the gradient for another target, with the moments of {intercept:.6g} + {slope:.6g} x"
    constants = {"slope": float(slope), "intercept": float(intercept)}
    yield Prediction(label, gradient, constants=constants, fitted_constants=2, quantity="data", generality=2)


@predicts("GD306")
def exchanged(run: Evidence) -> Iterator[Prediction]:
    """Exact descent with x for y and y for x."""
    if run.d == run.m:
        yield Prediction("the gradient for predicting x from y", run.gradient_on(run.y, run.x), quantity="data")
