"""What theory says of a run whose steps are right: that it must diverge, or that it must be slow."""

from __future__ import annotations

import numpy as np

from gradagree.diagnosis.catalogue import DIVERGES, SLOW
from gradagree.diagnosis.evidence import Evidence
from reference import rounding
from reference.problem import Problem


def notes(evidence: Evidence) -> tuple[str, ...]:
    """Remarks on a run that is exact descent and yet does not look like it, from the eigenvalues of the Hessian.

    Descent converges where `lr < 2 / λmax`, and its slowest part shrinks by `|1 - lr λmin|` a step.
    """
    beyond = divergence(evidence.problem)
    if beyond:
        return beyond
    squares, lr, scale = evidence.problem.least_squares, evidence.lr, evidence.scale
    values, error = squares.spectrum()
    largest, smallest = float(values[-1]) * scale, float(values[0]) * scale
    error *= scale
    end, limit = evidence.V[-1], squares.limit(evidence.problem.w0, evidence.problem.b0)
    minimiser = np.concatenate([limit[0], np.asarray(limit[1])[None]]).astype(np.float64)
    left = float(np.linalg.norm(end - minimiser))
    steps = len(evidence.after)
    gradient, bound = evidence.truth.gradient[:steps] / scale, evidence.truth.gradient_bound[:steps] / scale
    allowed = rounding.run_bound(evidence.arithmetic, squares, lr * scale, gradient, bound, evidence.V[: steps + 1])
    if smallest > error and left > float(np.linalg.norm(allowed)):
        factor = max(abs(1 - lr * smallest), abs(1 - lr * largest))
        return (
            f"{SLOW}: after {steps} steps the run is still {left:.3g} from the minimiser, exactly as slow as theory "
            f"says: its slow part shrinks by 1 - lr λmin = {factor:.4f} a step",
        )
    return ()


def divergence(problem: Problem, factor: float = 1.0) -> tuple[str, ...]:
    """That the learning rate is beyond the limit, if it is; of a run whose steps are right.

    Parameters
    ----------
    factor
        by which each gradient of the run is too large; 1 for those of the loss that is meant.
    """
    values, error = problem.least_squares.spectrum()
    scale = float(problem.scale) * factor
    largest = float(values[-1]) * scale
    if not (problem.lr * (largest - error * scale) > 2):
        return ()
    how, curvature = ("exactly as it must", "λmax") if factor == 1 else ("as its gradients must", f"({factor:g} λmax)")
    return (
        f"{DIVERGES}: the run diverges {how}: lr = {problem.lr:g} is beyond 2/{curvature} = {2 / largest:.4g}, the "
        "limit for these data; a smaller learning rate, or scaled x, will do",
    )
