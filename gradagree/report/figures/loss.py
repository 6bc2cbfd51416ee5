"""The loss over the steps."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gradagree.matrix.row import Row
from gradagree.report.figures.drawing import CEILING, MUTED, decades, frame, legend, line
from gradagree.report.figures.svg import Plot, svg
from gradagree.report.landscape import Landscape


def plot_loss(labelled: Sequence[tuple[str, Row]]) -> Plot | None:
    """The loss of each row beside the exact one's; `None` where either is not there to draw."""
    figure, axes = frame(f"loss, {labelled[0][1].problem}", "step")
    drawn = []
    curves = labelled[0][1].curves
    assert curves is not None
    land = Landscape.of(curves)
    exact = np.minimum(land.loss(*land.exact_path(curves["steps"]).T), CEILING)
    axes.plot(curves["steps"][: len(exact)], exact, color=MUTED, linewidth=5, alpha=0.35, label="exact")
    for place, (name, row) in enumerate(labelled):
        assert row.curves is not None
        values = [math.nan if v is None or v <= 0 or v > CEILING else v for v in row.curves.get("loss", [])]
        if any(math.isfinite(value) for value in values):
            axes.plot(row.curves["steps"][: len(values)], values, label=name, **line(place))
            drawn.append(f"{name} {values[-1]:.4g}")
    if not drawn or not len(exact):
        return None
    decades(axes, "y")
    legend(axes)
    return Plot(svg(figure), f"Loss over steps; the last ones: exact {exact[-1]:.4g}, {', '.join(drawn)}.")
