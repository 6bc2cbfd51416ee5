"""`docs/attack.md`: the largest error/bound of each form, as `make attack-docs` writes it and a test reads it back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tools.attack.claims import PLAIN
from tools.attack.forms import FORMS, Form
from tools.attack.search import ARITHMETICS, Found, Worst
from tools.document import cells, table

DOCUMENT = Path(__file__).parents[2] / "docs" / "attack.md"

NARROW = ("bfloat16", "float16")
TITLES = {"gradient": "Gradients", "loss": "Losses", "update": "Updates"}

INTRODUCTION = """\
# The bounds under attack

Correct evaluations that try to leave their bounds. `make attack` searches and prints this page's figures, `make
attack-docs` writes the page, and the tests run a smaller search with the same demands. The evaluator (`tools/attack`)
shares nothing with the truth or with the trial: its exact numbers are Python's integers, row by row, and its roundings
those of NumPy's and `ml_dtypes`' own types.

Data are drawn to hurt (numbers just above a power of two, cancelling residuals, sums that stagnate, subnormals), and
for N = 1, 2, 3 and 17 a few bits of each form's worst data are changed, and what is worse is kept. N = 100, 4096,
65536 and 2²⁰ are swept. N rows, m targets, `c = 2/(N m)`, `S = Xᵀr`; sums are taken in the accumulator, and stored. A
number above 1 would be correct code accused.

The general bound is under attack, not the bit-exact tier: that is claimed as `dyadic`, and its premises are checked.
"""
NOT_PLAIN = """\
## What the plain claim does not cover

Correct algebra that rounds more, or elsewhere, than the plain bound allows for. In the middle stands the largest error
over the *plain* bound, and with how many rows: each of these forms would be accused without its claim, which is given
as `--claim`. H is the harmonic number of N - 1.
"""


def document(found: Found) -> Iterator[str]:
    """The lines of the page."""
    yield INTRODUCTION
    for quantity in TITLES:
        yield from ratios(quantity, found)
        yield ""
    yield NOT_PLAIN
    rows = []
    for form in FORMS:
        if form.claim is not PLAIN:
            _, worst = max(_of(form, found), key=lambda entry: entry[1].plain)
            claim, ratio = form.claim, f"{worst.plain:.3g}"
            rows.append((form.quantity, form.name, ratio, worst.plain_rows, f"`{claim.name}`", claim.reason))
    yield from table(("quantity", "form", "error/plain bound", "rows", "claim", "why"), rows, numbers=(2, 3))


def ratios(quantity: str, found: Found) -> Iterator[str]:
    """The largest error/bound of each form of a quantity, under its own claim, in each arithmetic."""
    yield f"## {TITLES[quantity]}\n"
    heads = [storage + ", sums too" * (sums == storage in NARROW) for storage, sums in ARITHMETICS]
    rows = []
    for form in FORMS:
        if form.quantity == quantity:
            worst = dict(_of(form, found))
            figures_ = (f"{worst[a].own:.3f}" if a in worst else "–" for a in ARITHMETICS)
            rows.append((form.name, form.claim.name, *figures_))
    yield from table(("form", "claim", *heads), rows, numbers=range(2, 2 + len(ARITHMETICS)))


def _of(form: Form, found: Found) -> Iterator[tuple[tuple[str, str], Worst]]:
    for arithmetic in ARITHMETICS:
        worst = found.get((form.quantity, form.name, *arithmetic))
        if worst is not None:
            yield arithmetic, worst


def figures(page: str) -> dict[tuple[str, str], tuple[str, list[float]]]:
    """Of each quantity and form in a page: its claim and its numbers."""
    read: dict[tuple[str, str], tuple[str, list[float]]] = {}
    of_title, quantity = {title: name for name, title in TITLES.items()}, None
    for line in page.splitlines():
        if line.startswith("## "):
            quantity = of_title.get(line[3:])
        elif line.startswith("| ") and quantity:
            name, claim, *numbers = cells(line)
            if name != "form":
                read[quantity, name] = claim, [float(number) for number in numbers if number != "–"]
    return read
