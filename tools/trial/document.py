"""`docs/trial.md`: the kill matrix and the corpus, as `make trial-docs` writes them and a test reads them back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tools.document import table
from tools.trial import corpus, kill_matrix
from tools.trial.kill_matrix import Matrix

DOCUMENT = Path(__file__).parents[2] / "docs" / "trial.md"

INTRODUCTION = """\
# The judge on trial

What the judge certainly catches, what it never accuses, and how close correct arithmetic comes to its bounds.
`make trial` prints this page's figures, `make trial-docs` writes the page, and the tests run a slice of both.

## The kill matrix

Each mutant computes something near to the right number, at an iterate of the classic line (`lr = 0.01`) with N rows.
Its exact effect is known, in rationals: `g' - g`. The mutant is evaluated in the same arithmetic as correct code, and
so is itself off by no more than the bound `B'` of what it evaluates. Whatever either rounding does,
`|ĝ' - g| ≥ |g' - g| - B'`, and so a mutant with `|g' - g| > B + B'` in some component **must** be caught; so with
losses and updates. The number in a cell is the largest `|g' - g| / (B + B')`.
"""

CORPUS = """\
## What is never accused

Correct evaluations at the edges of the model. The first table: sums in sequence, in lanes, pairwise, in random trees
and compensated, rows permuted, products fused with sums or not, subnormal results and operands flushed or not,
rounding to nearest and in each direction (which claims one bit less), the factor 2/(N m) in three places, and
gradients through XᵀX; on problems with huge offsets, cancellation, zeros, duplicates, subnormals and numbers close to
the largest. The second: rational arithmetic in which every single rounding errs by all that the model allows, in
the direction that hurts; error/bound of 1 is the bound attained. The third: whole runs, judged as the suite judges,
those "at the edge" with every gradient as wrong as its bound permits, and NumPy's in every layout of memory. Where
data lie on a lattice every bit is asked for ("bit-exact"): error and bound are then equal.
"""


def document(matrix: Matrix, sections: dict[str, corpus.Tallies], truth: str) -> Iterator[str]:
    """The lines of the page."""
    yield INTRODUCTION
    yield "```text"
    yield from kill_matrix.lines(matrix)
    yield kill_matrix.LEGEND
    yield ""
    yield from kill_matrix.summary(matrix)
    yield "```"
    yield ""
    yield CORPUS
    for title, tallies in sections.items():
        yield f"### {title[0].upper()}{title[1:]}\n"
        rows = [(*names, f"{t.checks:,}", t.alarms, f"{t.worst:.3f}") for names, t in tallies.items()]
        yield from table(("dtype", "quantity", "checks", "alarms", "largest error/bound"), rows, numbers=(2, 3, 4))
        yield ""
    yield f"## The truth twice\n\n{truth}."


def marks(page: str) -> dict[tuple[str, str], str]:
    """The marks of the kill matrix in a page, by dtype and mutant: `"●●○…"`, one for each (N, step)."""
    found, dtype = {}, ""
    for line in page.splitlines():
        if re.match(r"(b?float\d+) +N = ", line):
            dtype = line.split()[0]
        elif dtype and (signs := "".join(re.findall(r"[●◐○✗](?=\s|$)", line[34:]))):
            found[dtype, line[:34].strip()] = signs
        elif dtype and line.startswith("●"):
            break
    return found
