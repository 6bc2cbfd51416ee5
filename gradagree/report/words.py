"""A glyph and a sentence for each verdict, wherever one is shown."""

from __future__ import annotations

from gradagree.checking.verdict import Verdict

GLYPHS: dict[str, str] = {
    Verdict.DISAGREES: "✗",
    Verdict.INVALID: "!",
    Verdict.INCONCLUSIVE: "?",
    Verdict.NOT_RUN: "–",
    Verdict.AGREES: "✓",
}
MEANINGS: dict[str, str] = {
    Verdict.DISAGREES: "a number lies outside its bound: a wrong gradient or update, or another arithmetic",
    Verdict.INVALID: "no number to compare: it raised, or the shape, dtype, device or number of steps is another",
    Verdict.INCONCLUSIVE: "nothing contradicts, but the bounds are too wide to tell; never a pass",
    Verdict.NOT_RUN: "the framework or the device is not here",
    Verdict.AGREES: "every number lies inside its bound, and the bounds were narrow enough to tell",
}
