"""The exact run itself, for records that no longer hold it."""

from __future__ import annotations

import numpy as np

from gradagree.diagnosis.enclosure import OWN, Enclosure
from gradagree.diagnosis.evidence import Evidence
from reference import rounding


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
            V.append(V[-1] - lr * (H @ V[-1] - c))
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
    end = Enclosure(iterates[-1:], np.broadcast_to(errors[-1][None, None], iterates[-1:].shape))
    return end, gradient.widened(norm * errors[:-1, None, :])
