"""Exact descent on other data than these: rows left out, targets exchanged, x and y swapped, another start."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.catalogue import Prediction, silent
from gradagree.diagnosis.mistakes.formulas import BY_HAND
from gradagree.diagnosis.mistakes.moments import best_range, fitted, moved_targets
from gradagree.diagnosis.mistakes.solve import simplest, solve

GRADIENTS = BY_HAND.format(dw="2 / y.size * (x.T @ e)", db="2 / y.size * e.sum(axis=0)").strip("\n")


@silent(
    "GD301",
    "x and y no longer belong together: one of them was shuffled",
    explanation="`shuffle(x)` without y (or two shuffles with two seeds) pairs each row with another row's target. The "
    "line found is nearly flat, through the mean of y.",
    remedy="shuffle one index and apply it to both, `x[index], y[index]`",
    framework="numpy",
    wrong="x = x[np.random.default_rng(3).permutation(len(x))]\n" + GRADIENTS,
)
def shuffled(run: Evidence) -> Iterator[Prediction]:
    """`G_w = g_w + c` with one c that a permutation's Sxy can give, and b's gradient exact."""
    if not run.line or not run.moves:
        return
    base = moved_targets(run, 0.0, 0.0)
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


@silent(
    "GD303",
    "another start than the one that was given",
    explanation="Every step is exact descent; only the first iterate is another, from a random generator or from "
    "zeros.",
    remedy="start from the w and b that are handed in",
    framework="numpy",
    wrong="w, b = np.full_like(w, 0.25), np.zeros_like(b)\n" + GRADIENTS,
)
def another_start(run: Evidence) -> Iterator[Prediction]:
    """Exact descent from another `θ_0`."""
    if not np.array_equal(run.V[0], run.problem.V0):
        label = "exact descent from another start"
        yield Prediction(label, fitted_constants=run.V[0].size, unpredicted=frozenset({"start"}), quantity="data")


@silent(
    "GD304",
    "the gradient is exact, for other rows than all of them: the same ones at every step",
    explanation="A fixed part of the data: the first batch alone, `range(m)` with the number of features for that of "
    "rows, or rows drawn with one and the same JAX key at every step.",
    remedy="use all rows, `x` and `y` as they were handed in; split the key before each draw",
    framework="numpy",
    wrong="x, y = x[:32], y[:32]\n" + GRADIENTS,
)
def fixed_rows(run: Evidence) -> Iterator[Prediction]:
    """Exact descent on rows i to j, or on all others; failing that, on any data with moments that fit every step."""
    if not run.line or run.N < 2 or not run.moves:
        return
    found = best_range(run)
    if found is not None:
        start, stop, inside = found
        kept = np.zeros(run.N, dtype=bool)
        kept[start:stop] = True
        kept = kept if inside else ~kept
        label = (
            f"the gradient for rows {start} to {stop - 1} alone"
            if inside
            else f"the gradient without rows {start} to {stop - 1}"
        )
        band = run.gradient_on(run.x[kept], run.y[kept])
        constants = {"first": float(start), "last": float(stop - 1)}
        yield Prediction(label, band, constants=constants, fitted_constants=2, quantity="data")
    whole = fitted(run)
    if whole is not None:
        band, moments = whole
        note = "which rows these are cannot be told from the record, only their means"
        label = "the gradient for other data, the same at every step"
        yield Prediction(
            label, band, constants=moments, fitted_constants=4, quantity="data", notes=(note,), generality=3
        )


@silent(
    "GD305",
    "the loss is taken against another target than y",
    rank=2,
    explanation="The loss is computed with another y, such as the clean line that the noisy observations were made "
    "from. The Hessian is right, and the minimum elsewhere.",
    remedy="use the y that was handed in",
    family=("any targets with the same two moments, mean y and mean x·y, leave the same record",),
    framework="numpy",
    wrong="y = np.asarray(2.3 + 5.1 * x, dtype=x.dtype)\n" + GRADIENTS,
)
def another_target(run: Evidence) -> Iterator[Prediction]:
    """`G = g + (c_w, c_b)`, two constants for all steps."""
    if not run.line or not run.moves:
        return
    actual = run.history
    tolerance = moved_targets(run, 0.0, 0.0)
    steps = min(len(actual), len(tolerance))
    rest = tolerance.center[:steps] - actual.center[:steps]
    for _ in range(2):  # the bounds depend a little on the shifts
        slack = tolerance.bound[:steps] + actual.bound[:steps]
        low, high = (rest - slack).max(axis=0)[:, 0], (rest + slack).min(axis=0)[:, 0]
        shifts = [
            simplest(float(a), float(z)) if a <= z else float(np.median(rest[:, j, 0]))
            for j, (a, z) in enumerate(zip(low, high, strict=True))
        ]
        tolerance = moved_targets(run, *shifts)
        tolerance = Enclosure(moved_targets(run, 0.0, 0.0).center, tolerance.bound)
    band = Enclosure(tolerance.center - np.array(shifts)[None, :, None], tolerance.bound)
    # The line that has the same moments as the target used: H V = c.
    H, half = run.mean[:2, :2], np.array(shifts) / (2 * run.scale)
    if np.linalg.matrix_rank(H) < 2:
        return
    slope, intercept = np.linalg.solve(H, run.mean[:2, 2] + half)
    label = f"the gradient for another target, with the moments of {intercept:.6g} + {slope:.6g} x"
    constants = {"slope": float(slope), "intercept": float(intercept)}
    yield Prediction(label, band, constants=constants, fitted_constants=2, quantity="data", generality=2)


@silent(
    "GD306",
    "x and y are swapped",
    rank=3,
    explanation="`loss(y, x)`: the line predicts x from y.",
    remedy="pass x and y in the order that the function takes them",
    framework="numpy",
    wrong="x, y = y, x\n" + GRADIENTS,
)
def exchanged(run: Evidence) -> Iterator[Prediction]:
    """Exact descent with x for y and y for x."""
    if run.d == run.m:
        yield Prediction("the gradient for predicting x from y", run.gradient_on(run.y, run.x), quantity="data")
