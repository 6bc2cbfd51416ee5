"""What a plot of one run needs, thinned out until it fits into a row.

Beside the curves stand the Hessian, the minimiser and the least loss: of a quadratic these are everything, so that the
contours and the exact path can be drawn from a file alone, long after the problem's data have changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, NotRequired, SupportsFloat, TypedDict

import numpy as np
from msgspec import Meta

from gradagree.checking.run import Run
from gradagree.checking.verdict import Judgement
from reference.dyadic import FloatArray
from reference.least_squares import SingularError

POINTS = 96  # more could not be told apart at the width of a phone
RATIO_DIGITS, VALUE_DIGITS = 3, 5
GEOMETRY_DIGITS = 9  # the exact path is computed from these

Points = Annotated[list[float | None], Meta(max_length=200)]


class Curves(TypedDict):
    """A run with one feature and one target, as it is plotted; what is not finite is `None`."""

    steps: Annotated[list[Annotated[int, Meta(ge=0, le=2**53)]], Meta(min_length=1, max_length=200)]
    w: Annotated[Points, Meta(description="the iterates at these steps")]
    b: Points
    loss: NotRequired[Annotated[Points, Meta(description="at these steps; it may end earlier")]]
    gradient: NotRequired[Annotated[Points, Meta(description="worst error/bound from each step up to the next")]]
    update: NotRequired[Points]
    lr: float
    hessian: Annotated[list[float], Meta(min_length=3, max_length=3, description="of the loss: [h_ww, h_wb, h_bb]")]
    minimiser: Annotated[list[float], Meta(min_length=2, max_length=2)]
    minimum: Annotated[float, Meta(description="the least loss")]


def check_lengths(curves: Curves) -> None:
    """Raise `ValueError` where a curve does not go along its steps: w and b to the end, the others at most."""
    count = len(curves["steps"])
    for name in ("w", "b", "loss", "gradient", "update"):
        found = len(curves.get(name, []))  # type: ignore[arg-type]
        if found > count or (name in ("w", "b") and found < count):
            raise ValueError(f"Expected `array` of length {count}, got {found} - at `$.curves.{name}`")


def curves(run: Run, judgement: Judgement) -> Curves | None:
    """The curves of a run with one feature and one target, else `None`."""
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
    minimum = squares.residual_sum_of_squares()[0] / squares.rows
    geometry = [_rounded(value, GEOMETRY_DIGITS) for value in (H[0, 0], H[0, 1], H[1, 1], w[0, 0], b[0], minimum)]
    if not all(map(math.isfinite, geometry)):
        return None
    steps = thin(len(trajectory.w), POINTS)
    result: Curves = {
        "steps": steps,
        "w": _points(trajectory.w[steps, 0, 0], VALUE_DIGITS),
        "b": _points(trajectory.b[steps, 0], VALUE_DIGITS),
        "lr": problem.lr,
        "hessian": geometry[:3],
        "minimiser": geometry[3:5],
        "minimum": geometry[5],
    }
    if trajectory.loss is not None:
        result["loss"] = _points(trajectory.loss[[k for k in steps if k < len(trajectory.loss)]], VALUE_DIGITS)
    if "gradient" in judgement.checks:
        result["gradient"] = _points(worst_between(judgement.checks["gradient"].ratios, steps), RATIO_DIGITS)
    if "update" in judgement.checks:
        result["update"] = _points(worst_between(judgement.checks["update"].ratios, steps), RATIO_DIGITS)
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


def _points(values: Iterable[float], digits: int) -> list[float | None]:
    return [_rounded(value, digits) if math.isfinite(value) else None for value in values]


def _rounded(value: SupportsFloat, digits: int) -> float:
    return float(f"{float(value):.{digits}g}")
