"""Error over bound at each step."""

from __future__ import annotations

from collections.abc import Sequence

from gradagree.matrix.row import Row
from gradagree.report.figures.drawing import BAD, CEILING, decades, frame, legend, line
from gradagree.report.figures.svg import Plot, svg

FLOOR = 1e-4  # of error/bound: what lies below, 0 included, is drawn there


def plot_ratios(labelled: Sequence[tuple[str, Row]], quantity: str) -> Plot | None:
    """Error over bound of a quantity, a line for each row; `None` where none knows it."""
    figure, axes = frame(f"{quantity}: error / bound", "step")
    top, low, drawn = 1.0, 1.0, list[str]()
    for place, (name, row) in enumerate(labelled):
        assert row.curves is not None
        values = [CEILING if v is None else min(max(v, FLOOR), CEILING) for v in row.curves.get(quantity, [])]
        if values:
            axes.plot(row.curves["steps"][: len(values)], values, label=name, **line(place))
            top, low = max(top, *values), min(low, *values)
            drawn.append(f"{name} at most {max(values):.2g}")
    if not drawn:
        return None
    decades(axes, "y")
    axes.set_ylim(max(min(low, 0.1) / 4, FLOOR / 2), top * 8)
    axes.axhspan(1, top * 8, color=BAD, alpha=0.09, linewidth=0)
    axes.axhline(1, color=BAD, linewidth=1)
    axes.annotate("bound: beyond it no correct run", (0.99, 1), xycoords=("axes fraction", "data"), ha="right",
                  va="bottom", color=BAD, fontsize=8, xytext=(0, 1), textcoords="offset points")  # fmt: skip
    legend(axes)
    return Plot(svg(figure), f"Error over bound of the {quantity} at each step: {'; '.join(drawn)}.")
