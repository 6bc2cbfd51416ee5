"""Runs that are right and records that are not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import OWN, Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from reference import rounding
from reference.optimizers.sgd import descended_floats


@predicts("GD401")
def aliased(run: Evidence) -> Iterator[Prediction]:
    """All rows are the end of the exact run; gradients genuine, all the last one, or zero."""
    path = exact_path(run) if len(run.V) > 1 and not run.moves else None
    if path is None:
        return
    end, genuine = path
    words = "the end of the exact run at every step, with gradients that are"
    if not run.reported:
        label = f"{words} the exact run's"
        yield Prediction(label, None, run.still, end, unpredicted=("gradient",), quantity="record")
        return
    last = genuine[-1:].spread(run.true.center.shape)
    kinds = {"the exact run's": genuine[: run.steps], "all the last one": last, "zero": run.zero}
    for name, gradient in kinds.items():
        yield Prediction(f"{words} {name}", gradient, run.still, end, quantity="record")


@predicts("GD402")
def after_the_update(run: Evidence) -> Iterator[Prediction]:
    """`G_k = g(θ_{k-1})`, beginning one update after the given start."""
    start = run.problem.V0[None]
    first = run.gradient_at(start)
    moved = run.update(first, start=start)
    if len(moved):
        label = "parameters that are one update ahead of their gradients"
        gradient = run.true.after(first) if run.reported else None
        yield Prediction(label, gradient, run.update(run.true), moved[:1], quantity="record")


def exact_path(run: Evidence) -> tuple[Enclosure, Enclosure] | None:
    """Where the exact run ends, `(1, p, m)`, and its gradients at every step; `None` if it leaves the format's range.

    The path is taken in float64, whose own distance from the exact run is bounded in the same way as the checked one's:
    `e_{k+1} ≤ max|1 - lr λ| e_k + ‖d_k‖` (`rounding.run_bound`). A gradient is off by `‖H‖ e_k` more.
    """
    problem, squares, lr = run.problem, run.problem.least_squares, run.lr
    H = squares.hessian().astype(np.float64) * run.scale
    c = 2 * run.mean[: run.d + 1, run.d + 1 :] / run.m * run.scale
    V = [problem.V0]
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(problem.steps):
            V.append(descended_floats(V[-1], H @ V[-1] - c, lr))
    iterates = np.array(V)
    if not (np.abs(iterates) <= run.arithmetic.largest).all():
        return None
    truth = run.run.truth_at(iterates[:-1])
    gradient = Enclosure(truth.gradient, truth.gradient_bound)
    size = np.abs(gradient.center) + gradient.bound
    allowed = rounding.update_bound(run.arithmetic, lr, size, iterates[1:], problem.y.size)
    local = 2 * (allowed + lr * gradient.bound) + OWN * (run.d + 8) * np.abs(iterates[1:])
    added, contraction = np.sqrt((local * local).sum(axis=1)), max(squares.contraction(lr * run.scale), 0.0)
    errors = np.zeros((len(iterates), run.m))
    for k, step in enumerate(added):
        errors[k + 1] = (contraction * errors[k] + step) * (1 + OWN)
    norm = float(np.linalg.norm(H))
    end = Enclosure(iterates[-1:], errors[-1:, None]).spread(iterates[-1:].shape)
    return end, gradient.widened(norm * errors[:-1, None, :])
