"""A drawing as SVG that takes its colours from the page: one serves a light page and a dark one.

Text stays text, and numbers are rounded to a tenth of a point, so that a plot costs some ten kilobytes.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

from matplotlib.figure import Figure

from gradagree.report.figures.drawing import NAMES


@dataclass(frozen=True)
class Plot:
    """A drawing and the sentence that says the same."""

    svg: str
    alternative: str


def svg(figure: Figure) -> str:
    """The drawing as one line of SVG, less what a page does not need."""
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
