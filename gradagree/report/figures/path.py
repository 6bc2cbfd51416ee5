"""The recorded path beside the exact one, on the contours of the loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradagree.matrix.row import Row
from gradagree.report.figures.drawing import BAD, INK, MUTED, SERIES, frame, legend
from gradagree.report.figures.svg import Plot, svg
from gradagree.report.landscape import Landscape

GRAIN = 40  # points of the contours' grid in each direction


def plot_path(name: str, row: Row) -> Plot | None:
    """The path of a row from the start to its end; `None` where either has no point that is finite."""
    assert row.curves is not None
    land = Landscape.of(row.curves)
    path, exact = land.recorded(row.curves), land.exact_path(row.curves["steps"])
    if not len(path) or not len(exact):
        return None
    figure, axes = frame(f"path, {row.problem}, {name}", "w", "b")
    (left, right), (low, high) = land.window(exact)
    w, b = np.meshgrid(np.linspace(left, right, GRAIN), np.linspace(low, high, GRAIN))
    levels = land.levels(w, b)
    if len(levels) > 1:
        axes.contour(w, b, land.loss(w, b), levels=levels, colors=MUTED, linewidths=0.6, alpha=0.5)
    # What is far out is far out: the library's own arithmetic would overflow.
    far = 1e3 * max(right - left, high - low)
    limits = (left - far, low - far), (right + far, high + far)
    end, last, path, exact = path[-1], exact[-1], np.clip(path, *limits), np.clip(exact, *limits)
    axes.plot(*exact.T, color=MUTED, linewidth=5, alpha=0.35, solid_capstyle="round", label="exact path")
    inside = bool(((path >= (left, low)) & (path <= (right, high))).all())
    # A path that jumps about is thinned out too: its lines join points that are many steps apart.
    weight: dict[str, Any] = {"linewidth": 1.2} if inside else {"linewidth": 0.6, "alpha": 0.6}
    axes.plot(*path.T, color=SERIES[0], marker=".", markersize=3, label="recorded path", **weight)
    axes.plot(*exact[-1], "D", color=INK, markerfacecolor="none", markersize=8, label="exact end")
    axes.plot(*path[-1], "x", color=SERIES[0], markersize=6, markeredgewidth=1.8, label="recorded end")
    axes.plot(*land.minimiser, "*", color=BAD, markersize=9, label="least squares")
    axes.set_xlim(left, right)
    axes.set_ylim(low, high)
    axes.grid(visible=False)
    legend(axes)
    if not inside:
        axes.annotate("the recorded path leaves the picture", (0.5, 0.02), xycoords="axes fraction", ha="center",
                      color=BAD, fontsize=8)  # fmt: skip
    ends = [f"({point[0]:.5g}, {point[1]:.5g})" for point in (end, last, land.minimiser)]
    told = f"The path of {name} on the loss's contours: it ends at {ends[0]}, the exact one at {ends[1]}"
    return Plot(svg(figure), f"{told}; the least-squares point is {ends[2]}.")
