"""The table that shows a mistake: what was reported, what it predicts, what is true, at a few steps."""

from __future__ import annotations

from gradagree.checking.deviation import Deviation
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
    run, steps = case.run, len(best.predicted)
    row, target = position(wrong, run.problem.w0.shape[0])
    truth = run.truth.up_to(min(steps, len(run.truth.V)))
    reported: FloatArray
    if best.quantity == "update":
        # What a correct update makes of each iterate: by the gradients reported, else by the true ones.
        slope = truth.gradient if run.gradient is None else run.gradient[: len(truth.V)]
        reported, true = run.V[1:], descended_floats(truth.V[: len(slope)], slope, run.problem.lr)
        symbol = f"{wrong.parameter}_{{k+1}}"
    elif wrong.quantity == "gradient" and run.gradient is not None:
        reported, true, symbol = run.gradient, truth.gradient, "g_k"
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
