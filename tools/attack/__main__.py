"""The bounds under attack: `python -m tools.attack [--write]`.

Searches for data on which a correct evaluation leaves its bound, and prints the largest error/bound of each form;
`--write` puts them into `docs/attack.md` as well. Exits with 1 if one is above 1, or none was judged, or if the plain
claim covers all of a form that claims more.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from tools.attack.claims import PLAIN
from tools.attack.document import DOCUMENT, document
from tools.attack.forms import FORMS
from tools.attack.search import ARITHMETICS, SHAPES, Found, beyond, climb, merged
from tools.attack.sweep import sweep

# How much of each; the tests run a slice of the same.
SMALL, GENERATIONS, POPULATION = (1, 2, 3, 17), 10, 16
# Rows, features and targets, samples.
LARGE = (
    (100, (2, 1), 40),
    (100, (3, 2), 40),
    (4096, (1, 1), 20),
    (4096, (2, 2), 10),
    (65536, (1, 1), 5),
    (2**20, (1, 1), 2),
)


def main(arguments: list[str]) -> int:
    """Search, and print what was found; the exit status."""
    found = merged(_searches())
    page = list(document(found))
    print("\n".join(page))
    if "--write" in arguments:
        DOCUMENT.write_text("\n".join(page) + "\n", encoding="utf-8")
    wrong = beyond(found)
    for key, ratio in wrong.items():
        print(f"beyond its bound: {', '.join(key)}: {ratio:.3g}")
    reached = {(quantity, name): 0.0 for quantity, name, *_ in found}
    for (quantity, name, *_), worst in found.items():
        reached[quantity, name] = max(reached[quantity, name], worst.plain)
    idle = [form.name for form in FORMS if form.claim is not PLAIN and not reached[form.quantity, form.name] > 1]
    for name in idle:
        print(f"claims more than it needs, as far as was seen: {name}")
    return int(bool(wrong or idle))


def _searches() -> Iterator[Found]:
    for seed, arithmetic in enumerate(ARITHMETICS):
        began = time.perf_counter()
        for rows in SMALL:
            for shape in SHAPES:
                yield climb(arithmetic, rows, shape, GENERATIONS, POPULATION, seed)
        for rows, shape, samples in LARGE:
            yield sweep(arithmetic, rows, shape, samples, seed)
        print(f"{', '.join(arithmetic)}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
