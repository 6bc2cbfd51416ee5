"""The table that shows a mistake: what was reported, what it predicts, what is true, at a few steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradagree.compare import stack
from gradagree.convention import scale
from gradagree.diagnose import Explanation
from gradagree.truth import Truth
from gradagree.verdict import Extreme
from reference.dyadic import FloatArray

if TYPE_CHECKING:
    from gradagree.cli.case import Case

ROWS = 3
WIDEST = 32  # characters of a column head


def table(case: Case, best: Explanation, wrong: Extreme | None) -> list[str]:
    """Three steps around the first wrong value, in its component; none where the prediction is of something else."""
    if wrong is None or not len(best.predicted):
        return []
    V = stack(case.trajectory.w, case.trajectory.b)
    row, target = position(wrong.component, case.problem.w0.shape[0])
    truth = Truth(case.problem, case.claim, V[: len(best.predicted)], scale(case.convention, case.problem))
    reported: FloatArray
    if best.quantity == "update":
        reported, true = V[1:], _descended(case, truth)
        symbol = f"{_letter(wrong)}_{{k+1}}"
    elif ".grad" in wrong.component and case.trajectory.grad_w is not None and case.trajectory.grad_b is not None:
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


def position(component: str, features: int) -> tuple[int, int]:
    """The row and the target that `w.grad[0, 1]` or `b[1]` names."""
    name, _, index = component.partition("[")
    numbers = [int(i) for i in index.rstrip("]").split(",") if i.strip().isdigit()]
    if name.startswith("b"):
        return features, numbers[0] if numbers else 0
    return (numbers[0], numbers[1]) if len(numbers) == 2 else (0, 0)


def _letter(wrong: Extreme) -> str:
    return "b" if wrong.component.startswith("b") else "w"


def _descended(case: Case, truth: Truth) -> FloatArray:
    """What a correct update would have made of each iterate: by the gradients reported, else the true ones."""
    trajectory = case.trajectory
    if trajectory.grad_w is not None and trajectory.grad_b is not None:
        slope = stack(trajectory.grad_w, trajectory.grad_b)[: len(truth.V)]
    else:
        slope = truth.gradient
    result: FloatArray = truth.V[: len(slope)] - case.problem.lr * slope
    return result
