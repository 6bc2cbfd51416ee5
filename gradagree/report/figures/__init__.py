"""The plots of one implementation, each in a module of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np

from gradagree.matrix.row import Row
from gradagree.report.figures.bits import plot_bits
from gradagree.report.figures.drawing import SERIES, STYLE
from gradagree.report.figures.loss import plot_loss
from gradagree.report.figures.path import plot_path
from gradagree.report.figures.ratios import plot_ratios
from gradagree.report.figures.svg import Plot


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
            result += [_drawn(plot_ratios, labelled, quantity) for quantity in ("gradient", "update")]
            result += [_drawn(plot_path, *labelled[0]), _drawn(plot_loss, labelled)]
        counts = [row.rows for _, row in sizes if row.rows]
        if counts and max(counts) >= 2 * min(counts):
            result.append(_drawn(plot_bits, sizes))
    return [plot for plot in result if plot is not None]


def _drawn(draw: Callable[..., Plot | None], *what: Any) -> Plot | None:
    """A plot; `None` where the numbers of a file, which may be any, are beyond the arithmetic of drawing."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            return draw(*what)
    except (ArithmeticError, ValueError):
        return None
