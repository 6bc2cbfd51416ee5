"""The table that shows a mistake: what was reported, what it predicts, what is true, at a few steps."""

from __future__ import annotations

from gradagree.checking.judge import stack
from gradagree.checking.reduction import scale
from gradagree.checking.truth import Truth
from gradagree.checking.verdict import Deviation
from gradagree.cli.case import Case
from gradagree.diagnosis.explanation import Explanation
from reference.dyadic import FloatArray
from reference.optimizers.sgd import descended_floats

ROWS = 3
WIDEST = 32  # characters of a column head


def table(case: Case, best: Explanation, wrong: Deviation | None) -> list[str]:
    """Three steps around the first wrong value, in its component; none where the prediction is of something else."""
    if wrong is None or not len(best.predicted):
        return []
    V = stack(case.trajectory.w, case.trajectory.b)
    row, target = position(wrong, case.problem.w0.shape[0])
    truth = Truth(case.problem, case.claim, V[: len(best.predicted)], scale(case.convention, case.problem))
    reported: FloatArray
    if best.quantity == "update":
        reported, true = V[1:], _descended(case, truth)
        symbol = f"{wrong.parameter}_{{k+1}}"
    elif wrong.quantity == "gradient" and case.trajectory.grad_w is not None and case.trajectory.grad_b is not None:
        reported, true = stack(case.trajectory.grad_w, case.trajectory.grad_b), truth.gradient
        symbol = "g_k"
    else:
        return []
    steps = min(len(reported), len(best.predicted), len(true))
    first = max(0, min(wrong.step - 1, steps - ROWS))
    lines = [("k", "reported", best.label if len(best.label) <= WIDEST else "predicted", f"true {symbol}")]
    for k in range(first, min(first + ROWS, steps)):
        values = (reported[k, row, target], best.predicted[k, row, target], true[k, row, target])
        lines.append((str(k), *(f"{value:.6g}" for value in values)))  # type: ignore[arg-type]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    return ["   ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def position(wrong: Deviation, features: int) -> tuple[int, int]:
    """Its row and its target in `[w; b]`."""
    *rows, target = (i or 0 for i in wrong.index or (0,))
    return (features if wrong.parameter == "b" else rows[0] if rows else 0), target


def _descended(case: Case, truth: Truth) -> FloatArray:
    """What a correct update would have made of each iterate: by the gradients reported, else the true ones."""
    trajectory = case.trajectory
    if trajectory.grad_w is not None and trajectory.grad_b is not None:
        slope = stack(trajectory.grad_w, trajectory.grad_b)[: len(truth.V)]
    else:
        slope = truth.gradient
    return descended_floats(truth.V[: len(slope)], slope, case.problem.lr)
