"""What all figures have in common: the frame, the scales, the lines and the legend.

matplotlib draws with placeholder colours; `svg` makes CSS variables of them.
"""

from __future__ import annotations

import math
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from gradagree.report.truncation import cut

SIZE = (4.3, 2.9)  # inches of 72 points
INK, MUTED, GRID, FACE, BAD = "#010101", "#020202", "#030303", "#040404", "#050505"
SERIES = ("#0a0001", "#0a0002", "#0a0003", "#0a0004", "#0a0005", "#0a0006")
NAMES = {INK: "ink", MUTED: "muted", GRID: "grid", FACE: "face", BAD: "bad"} | {
    colour: f"s{place}" for place, colour in enumerate(SERIES, start=1)
}
DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (7, 2, 1.5, 2)), (0, (4, 1, 1, 1, 1, 1)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P")
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
WIDEST = 60  # characters of a title or a line's name; more do not fit
CEILING = 1e30  # what lies beyond is drawn there

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


def frame(title: str, x: str, y: str = "") -> tuple[Figure, Axes]:
    """An empty drawing with its title and the names of its axes."""
    figure = Figure(figsize=SIZE)
    FigureCanvasSVG(figure)
    # Fixed margins: finding the best ones takes longer than drawing.
    left = 0.15 if y else 0.115
    axes = figure.add_axes((left, 0.15, 0.985 - left, 0.75))
    axes.set_title(literal(title))
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return figure, axes


def decades(axes: Axes, which: Literal["x", "y"]) -> None:
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


def line(place: int) -> dict[str, Any]:
    """The colour and the dashes of the line at this place."""
    return {"color": SERIES[place], "linestyle": DASHES[place]}


def legend(axes: Axes) -> None:
    """The names of the lines, where there is room."""
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles, [literal(label) for label in labels], loc="best", handlelength=2.6, labelspacing=0.25)


def literal(text: str) -> str:
    """`text`, cut, without the dollar signs between which matplotlib would read a formula, nor what XML cannot hold."""
    return "".join(c for c in cut(text, WIDEST) if c.isprintable()).replace("$", r"\$")
