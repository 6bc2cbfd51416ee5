"""What theory says of a correct run: that it must diverge (GD001), or that it must be slow (GD002)."""

from __future__ import annotations

import numpy as np

from gradagree.mistakes.view import View
from reference import rounding


def notes(run: View) -> tuple[str, ...]:
    """Remarks on a run that is exact descent and yet does not look like it, from the eigenvalues of the Hessian.

    Descent converges where `lr < 2 / λmax`, and its slowest part shrinks by `|1 - lr λmin|` a step.
    """
    squares, lr, scale = run.problem.least_squares, run.lr, run.scale
    values, error = squares.spectrum()
    largest, smallest = float(values[-1]) * scale, float(values[0]) * scale
    error *= scale
    if lr * (largest - error) > 2:
        return (
            f"GD001: the run diverges exactly as it must: lr = {lr:g} is beyond 2/λmax = {2 / largest:.4g}, the limit "
            "for these data; a smaller learning rate, or scaled x, will do",
        )
    end, limit = run.V[-1], squares.limit(run.problem.w0, run.problem.b0)
    minimiser = np.concatenate([limit[0], np.asarray(limit[1])[None]]).astype(np.float64)
    left = float(np.linalg.norm(end - minimiser))
    steps = len(run.after)
    allowed = rounding.run_bound(
        run.claim, squares, lr * scale, run.truth.gradient[:steps], run.truth.gradient_bound[:steps], run.V[: steps + 1]
    )
    if smallest > error and left > float(np.linalg.norm(allowed)):
        factor = max(abs(1 - lr * smallest), abs(1 - lr * largest))
        return (
            f"GD002: after {steps} steps the run is still {left:.3g} from the minimiser, exactly as slow as theory "
            f"says: its slow part shrinks by 1 - lr λmin = {factor:.4f} a step",
        )
    return ()
