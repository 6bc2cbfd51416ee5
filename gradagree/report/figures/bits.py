"""How many bits of the gradient are right, by the number of rows."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gradagree.matrix.row import Row
from gradagree.report.figures.drawing import MARKERS, SERIES, decades, frame, legend, line
from gradagree.report.figures.svg import Plot, svg


def plot_bits(sizes: Sequence[tuple[str, Row]]) -> Plot:
    """The least right bits at each N, a line for each name."""
    figure, axes = frame("right bits of the gradient, by N", "rows N")
    names = list(dict.fromkeys(name for name, _ in sizes))[: len(SERIES)]
    told = []
    for place, name in enumerate(names):
        least: dict[int, float] = {}
        for label, row in sizes:
            if label == name and row.rows is not None and row.right_bits is not None:
                least[row.rows] = min(least.get(row.rows, math.inf), row.right_bits)
        counts = sorted(least)
        axes.plot(counts, [least[n] for n in counts], marker=MARKERS[place], markersize=4, label=name, **line(place))
        told.append(f"{name}: {', '.join(f'{least[n]:.0f} at N = {n}' for n in counts)}")
    decades(axes, "x")
    axes.set_ylim(bottom=0)
    legend(axes)
    return Plot(svg(figure), f"Right bits of the gradient: {'; '.join(told)}.")
