"""A glyph and a sentence for each verdict, wherever one is shown."""

from __future__ import annotations

from gradagree.checking.verdict import Verdict

GLYPHS = {
    Verdict.DISAGREES.value: "✗",
    Verdict.INVALID.value: "!",
    Verdict.INCONCLUSIVE.value: "?",
    Verdict.NOT_RUN.value: "–",
    Verdict.AGREES.value: "✓",
}
MEANINGS = {
    Verdict.DISAGREES.value: "a number lies outside its bound: a wrong gradient or update, or another arithmetic",
    Verdict.INVALID.value: "no number to compare: it raised, or the shape, dtype, device or number of steps is another",
    Verdict.INCONCLUSIVE.value: "nothing contradicts, but the bounds are too wide to tell; never a pass",
    Verdict.NOT_RUN.value: "the framework or the device is not here",
    Verdict.AGREES.value: "every number lies inside its bound, and the bounds were narrow enough to tell",
}
