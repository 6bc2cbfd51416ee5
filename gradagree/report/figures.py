"""The plots of one implementation, as SVG that takes its colours from the page.

matplotlib draws with placeholder colours, which become CSS variables: one drawing serves a light page and a dark one.
Text stays text, and numbers are rounded to a tenth of a pixel, so that a plot costs some ten kilobytes.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from gradagree.report.landscape import Landscape
from gradagree.row import Row

SIZE = (4.3, 2.9)  # inches of 72 points
INK, MUTED, GRID, FACE, BAD = "#010101", "#020202", "#030303", "#040404", "#050505"
SERIES = ("#0a0001", "#0a0002", "#0a0003", "#0a0004", "#0a0005", "#0a0006")
NAMES = {INK: "ink", MUTED: "muted", GRID: "grid", FACE: "face", BAD: "bad"} | {
    colour: f"s{place}" for place, colour in enumerate(SERIES, start=1)
}
DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (7, 2, 1.5, 2)), (0, (4, 1, 1, 1, 1, 1)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P")
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
GRAIN = 40  # points of the contours' grid in each direction
FLOOR, CEILING = 1e-4, 1e30  # of error/bound: what lies beyond, 0 included, is drawn there

STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "gradagree",
    "font.size": 9,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "legend.facecolor": FACE,
    "legend.edgecolor": "none",
    "legend.framealpha": 0.8,
    "legend.fontsize": 8,
    "lines.linewidth": 1.4,
    "path.simplify": True,
}


@dataclass(frozen=True)
class Plot:
    """A drawing and the sentence that says the same."""

    svg: str
    alternative: str


def plots(labelled: Sequence[tuple[str, Row]], sizes: Sequence[tuple[str, Row]]) -> list[Plot]:
    """The plots of an implementation on one problem.

    Parameters
    ----------
    labelled
        at most six rows with curves, each with the name of its line, the most telling one first.
    sizes
        all rows of the implementation that know their N and their right bits, each with the name of its line.
    """
    labelled = [(name, row) for name, row in labelled if row.curves][: len(SERIES)]
    result = []
    with mpl.rc_context(STYLE):
        if labelled:
            result += [_ratios(labelled, quantity) for quantity in ("gradient", "update")]
            result += [_path(*labelled[0]), _loss(labelled)]
        counts = [row.rows for _, row in sizes if row.rows]
        if counts and max(counts) >= 2 * min(counts):
            result.append(_bits(sizes))
    return [plot for plot in result if plot is not None]


def _ratios(labelled: Sequence[tuple[str, Row]], quantity: str) -> Plot | None:
    figure, axes = _new(f"{quantity}: error / bound", "step")
    top, low, drawn = 1.0, 1.0, list[str]()
    for place, (name, row) in enumerate(labelled):
        assert row.curves is not None
        values = [CEILING if v is None else min(max(v, FLOOR), CEILING) for v in row.curves.get(quantity, [])]
        if values:
            axes.plot(row.curves["steps"][: len(values)], values, label=name, **_line(place))
            top, low = max(top, *values), min(low, *values)
            drawn.append(f"{name} at most {max(values):.2g}")
    if not drawn:
        return None
    _decades(axes, "y")
    axes.set_ylim(max(min(low, 0.1) / 4, FLOOR / 2), top * 8)
    axes.axhspan(1, top * 8, color=BAD, alpha=0.09, linewidth=0)
    axes.axhline(1, color=BAD, linewidth=1)
    axes.annotate("bound: beyond it no correct run", (0.99, 1), xycoords=("axes fraction", "data"), ha="right",
                  va="bottom", color=BAD, fontsize=8, xytext=(0, 1), textcoords="offset points")  # fmt: skip
    _legend(axes)
    return Plot(_svg(figure), f"Error over bound of the {quantity} at each step: {'; '.join(drawn)}.")


def _path(name: str, row: Row) -> Plot | None:
    assert row.curves is not None
    land = Landscape.of(row.curves)
    path = land.recorded(row.curves)
    if not len(path):
        return None
    exact = land.exact_path(row.curves["steps"])
    figure, axes = _new(f"path, {row.problem}, {name}", "w", "b")
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
    _legend(axes)
    if not inside:
        axes.annotate("the recorded path leaves the picture", (0.5, 0.02), xycoords="axes fraction", ha="center",
                      color=BAD, fontsize=8)  # fmt: skip
    ends = [f"({point[0]:.5g}, {point[1]:.5g})" for point in (end, last, land.minimiser)]
    told = f"The path of {name} on the loss's contours: it ends at {ends[0]}, the exact one at {ends[1]}"
    return Plot(_svg(figure), f"{told}; the least-squares point is {ends[2]}.")


def _loss(labelled: Sequence[tuple[str, Row]]) -> Plot | None:
    figure, axes = _new(f"loss, {labelled[0][1].problem}", "step")
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
            axes.plot(row.curves["steps"][: len(values)], values, label=name, **_line(place))
            drawn.append(f"{name} {values[-1]:.4g}")
    if not drawn:
        return None
    _decades(axes, "y")
    _legend(axes)
    return Plot(_svg(figure), f"Loss over steps; the last ones: exact {exact[-1]:.4g}, {', '.join(drawn)}.")


def _bits(sizes: Sequence[tuple[str, Row]]) -> Plot:
    figure, axes = _new("right bits of the gradient, by N", "rows N")
    names = list(dict.fromkeys(name for name, _ in sizes))[: len(SERIES)]
    told = []
    for place, name in enumerate(names):
        least: dict[int, float] = {}
        for label, row in sizes:
            if label == name and row.rows is not None and row.right_bits is not None:
                least[row.rows] = min(least.get(row.rows, math.inf), row.right_bits)
        counts = sorted(least)
        axes.plot(counts, [least[n] for n in counts], marker=MARKERS[place], markersize=4, label=name, **_line(place))
        told.append(f"{name}: {', '.join(f'{least[n]:.0f} at N = {n}' for n in counts)}")
    _decades(axes, "x")
    axes.set_ylim(bottom=0)
    _legend(axes)
    return Plot(_svg(figure), f"Right bits of the gradient: {'; '.join(told)}.")


def _new(title: str, x: str, y: str = "") -> tuple[Figure, Axes]:
    figure = Figure(figsize=SIZE)
    FigureCanvasSVG(figure)
    # Fixed margins: finding the best ones takes longer than drawing.
    left = 0.15 if y else 0.115
    axes = figure.add_axes((left, 0.15, 0.985 - left, 0.75))
    axes.set_title(_literal(title))
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return figure, axes


def _decades(axes: Axes, which: Literal["x", "y"]) -> None:
    """A logarithmic scale with a few ticks, written in plain characters: formulas cost a picture of each digit."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    axis.set_major_locator(LogLocator(numticks=6))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: decade(value)))


def decade(value: float) -> str:
    """A power of ten as it is read: 0.01, 1, 100, 10⁶."""
    exponent = round(math.log10(value))
    return f"{value:g}" if -3 <= exponent <= 3 else "10" + str(exponent).translate(SUPERSCRIPTS)


def _line(place: int) -> dict[str, Any]:
    return {"color": SERIES[place], "linestyle": DASHES[place]}


def _legend(axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles, [_literal(label) for label in labels], loc="best", handlelength=2.6, labelspacing=0.25)


def _literal(text: str) -> str:
    """`text` without the dollar signs between which matplotlib would read a formula, nor what XML cannot hold."""
    return "".join(c for c in text if c.isprintable()).replace("$", r"\$")


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    text = re.sub(r' (?:d|x|y|transform)="[^"]*"', lambda found: _rounded(found[0]), text)
    # The page's own font; and what every element would say again is said once, in the page's style.
    text = re.sub(r" ?font-family: [^;\"]*;?", "", text)
    text = re.sub(r"; stroke-linecap: square|<style.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r' transform="rotate\(-0 [^"]*"| xmlns:xlink="[^"]*"| xmlns="[^"]*"', "", text).replace("xlink:", "")
    text = re.sub(r' (?:width|height)="[\d.]+pt"', "", text)
    for colour, name in NAMES.items():
        text = text.replace(colour, f"var(--{name})")
    return re.sub(r"\s*\n\s*", " ", text).replace("> <", "><").replace("<defs></defs>", "").strip()


def _rounded(attribute: str) -> str:
    """Coordinates to a tenth of a point."""
    return re.sub(r"-?\d+\.\d{2,}", lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), attribute)
