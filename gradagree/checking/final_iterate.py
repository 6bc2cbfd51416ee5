"""Where the run ended: against the end of the exact run, and against where that would converge."""

from __future__ import annotations

import math

import flint
import numpy as np
from flint import arb, arb_mat

from gradagree.checking.check import Check
from gradagree.checking.deviation import Deviation, ratio_of
from gradagree.checking.run import Run
from reference import rounding
from reference.descent import BALL_BITS
from reference.dyadic import FloatArray
from reference.formats import FLOAT64
from reference.problem import Problem


def compare_final(run: Run) -> tuple[dict[str, Check], tuple[float, float]]:
    """The checks `"final"` and `"distance"`, and the two distances from the minimiser: observed, and exact.

    The exact end `V_K` comes in balls that hold it; the allowed distance from it is `run_bound`, in the 2-norm of each
    target. By the triangle inequality no correct run's distance from the minimiser can differ by more either.
    The run is finite to its end.
    """
    problem, truth, V = run.problem, run.truth, run.V
    exact, scale = problem.end, float(problem.scale)
    gradient, bound = truth.gradient / scale, truth.gradient_bound / scale
    allowed = rounding.run_bound(run.arithmetic, problem.least_squares, problem.lr * scale, gradient, bound, V)
    # hypot throughout, because squares underflow where the bounds of float64 do not
    travelled = np.hypot.reduce(V[-1] - problem.V0, axis=0)
    middles = np.array([[float(v.mid()) for v in row] for row in exact.tolist()])
    offsets = _offsets(V[-1], exact)
    steps, d = problem.steps, problem.w0.shape[0]

    final = []
    for part, rows in (("w", slice(None, d)), ("b", slice(d, None))):
        sizes = np.hypot.reduce(offsets[rows], axis=0)
        for target, (size, bound) in enumerate(zip(sizes, allowed, strict=True)):
            # For one number its own value can be shown, else only how far the vector is off.
            single = V[-1][rows].shape[0] == 1
            got = float(V[-1][rows][0, target]) if single else float(size)
            error = got - float(middles[rows][0, target]) if single else float(size)
            error = math.copysign(float(size), error)
            index = _index(part, target, single, V.shape[2])
            final.append(Deviation("final", steps, part, index, got, error, float(bound)))
    with np.errstate(divide="ignore", invalid="ignore"):
        blindness = float(np.max(np.where(travelled > 0, allowed / travelled, np.inf)))

    observed, expected, apart = _distances(problem, V[-1], exact)
    # The two distances are each rounded to float64, twice, before they are subtracted.
    total = math.hypot(*allowed) + 4 * FLOAT64.unit_roundoff * (observed + expected)
    distance = [Deviation("distance", steps, "", (), observed, apart, total)]
    resolution = total / expected if expected > 0 else math.inf
    checks = {"final": _check("final", final, 2, blindness), "distance": _check("distance", distance, 1, resolution)}
    return checks, (observed, expected)


def _index(part: str, target: int, single: bool, targets: int) -> tuple[int | None, ...]:
    """Where a target's numbers stand in its parameter: all of a column of w, one entry of b, or all there is."""
    if single and targets == 1:
        return ()
    if part == "b":
        return (target,)
    return (0 if single else None, target)


def _check(quantity: str, deviations: list[Deviation], count: int, resolution: float) -> Check:
    ratios = [ratio_of(abs(d.error), d.bound) for d in deviations]
    worst = deviations[int(np.argmax([math.inf if math.isnan(r) else r for r in ratios]))]
    wrong = next((d for d in deviations if not (abs(d.error) <= d.bound)), None)
    return Check(quantity, count, worst, wrong, resolution, np.array(ratios))


def _offsets(end: FloatArray, exact: arb_mat) -> FloatArray:
    """Upper bounds of `|V̂_K - V_K|`, the radius of each ball included."""
    with flint.ctx.workprec(2 * BALL_BITS):
        return np.array(
            [
                [float(abs(arb(float(end[j, t])) - exact[j, t]).upper()) for t in range(end.shape[1])]
                for j in range(end.shape[0])
            ]
        )


def _distances(problem: Problem, end: FloatArray, exact: arb_mat) -> tuple[float, float, float]:
    """`‖V̂_K - V*‖` and `‖V_K - V*‖`, over all targets, and their difference, taken before either is rounded.

    Far from the minimiser what a run may be off is less than the spacing of float64 at its distance from there.
    """
    with flint.ctx.workprec(2 * BALL_BITS):
        limit = [[arb(flint.fmpq(v.numerator, v.denominator)) for v in row] for row in problem.limit]
        cells = [(j, t) for j in range(end.shape[0]) for t in range(end.shape[1])]
        observed = _norm([arb(float(end[j, t])) - limit[j][t] for j, t in cells])
        theory = _norm([exact[j, t] - limit[j][t] for j, t in cells])
        return float(observed.mid()), float(theory.mid()), float((observed - theory).mid())


def _norm(entries: list[arb]) -> arb:
    squares = sum((entry.mid() ** 2 for entry in entries), arb(0))
    return squares.sqrt()
