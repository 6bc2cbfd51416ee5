"""What a plot of one run needs, thinned out until it fits into a row.

Beside the curves stand the Hessian, the minimiser and the least loss: of a quadratic these are everything, so that the
contours and the exact path can be drawn from a file alone, long after the problem's data have changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from gradagree.checking.run import Run
from gradagree.checking.verdict import Judgement
from reference.dyadic import FloatArray
from reference.least_squares import SingularError

POINTS = 96  # more could not be told apart at the width of a phone
RATIO_DIGITS, VALUE_DIGITS = 3, 5
GEOMETRY_DIGITS = 9  # the exact path is computed from these


def curves(run: Run, judgement: Judgement) -> dict[str, Any] | None:
    """The curves of a run with one feature and one target, else `None`.

    Returns
    -------
    `steps`, the steps of the points; `w`, `b` and `loss` there; `gradient` and `update`, the worst error/bound from
    each point up to the next; `lr`, and the loss's `hessian` `[h_ww, h_wb, h_bb]`, `minimiser` and `minimum`. What is
    not finite is `None`.
    """
    problem, trajectory = run.problem, run.trajectory
    if problem.w0.shape != (1, 1) or not len(trajectory.w):
        return None
    squares = problem.least_squares
    try:
        w, b = squares.solution()
    except SingularError:
        return None
    assert b is not None  # a problem's model has an intercept
    H = squares.hessian()
    steps = thin(len(trajectory.w), POINTS)
    result: dict[str, Any] = {
        "steps": steps,
        "w": _plain(trajectory.w[steps, 0, 0], VALUE_DIGITS),
        "b": _plain(trajectory.b[steps, 0], VALUE_DIGITS),
        "lr": problem.lr,
        "hessian": _plain(map(float, (H[0, 0], H[0, 1], H[1, 1])), GEOMETRY_DIGITS),
        "minimiser": _plain(map(float, (w[0, 0], b[0])), GEOMETRY_DIGITS),
        "minimum": _plain([float(squares.residual_sum_of_squares()[0] / squares.rows)], GEOMETRY_DIGITS)[0],
    }
    if trajectory.loss is not None:
        result["loss"] = _plain(trajectory.loss[[k for k in steps if k < len(trajectory.loss)]], VALUE_DIGITS)
    for quantity in ("gradient", "update"):
        if quantity in judgement.checks:
            result[quantity] = _plain(worst_between(judgement.checks[quantity].ratios, steps), RATIO_DIGITS)
    return result


def thin(count: int, points: int) -> list[int]:
    """At most `points` of the indices `0 … count - 1`, evenly spread, the first and the last among them."""
    if count <= points:
        return list(range(count))
    return [round(k * (count - 1) / (points - 1)) for k in range(points)]


def worst_between(values: FloatArray, steps: list[int]) -> list[float]:
    """The largest value from each point up to the next: no peak is lost where points are left out."""
    ends = [*steps[1:], len(values)]
    return [
        float(np.max(values[start : max(end, start + 1)]))
        for start, end in zip(steps, ends, strict=True)
        if start < len(values)
    ]


def _plain(values: Iterable[float], digits: int) -> list[float | None]:
    return [float(f"{value:.{digits}g}") if math.isfinite(value) else None for value in map(float, values)]
