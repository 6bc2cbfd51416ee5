"""The judge on trial: `python -m tools.trial [--write]`.

Prints the kill matrix, the false-alarm corpus and the truth compared with itself; `--write` puts them into
`docs/trial.md` as well. Exits with 1 if a promised kill escaped, a correct evaluation was accused, or two truths
differ.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tools.trial import corpus, kill_matrix, runs, truths, worst_case
from tools.trial.document import DOCUMENT, document
from tools.trial.kill_matrix import DTYPES

# How much of each; the tests run a slice of the same.
PROBLEMS = 3000
WAYS = 4
ITERATES, ORDERS = 6, 6
RUN_ROWS, RUN_STEPS, RUN_WAYS = 20, 20, 4


def main(arguments: list[str]) -> int:
    """Run everything and print it; the exit status."""
    began = time.perf_counter()
    matrix = kill_matrix.matrix()
    _show("kill matrix", [*kill_matrix.lines(matrix), kill_matrix.LEGEND, *kill_matrix.summary(matrix)], began)

    began = time.perf_counter()
    tallies = corpus.corpus(DTYPES, corpus.SHAPES, WAYS, ITERATES, ORDERS)
    _show("correct evaluations", list(corpus.lines(tallies)), began)

    began = time.perf_counter()
    worst = worst_case.worst_cases(DTYPES, worst_case.SHAPES, iterates=1)
    _show("the worst that the model allows", list(corpus.lines(worst)), began)

    began = time.perf_counter()
    whole = runs.runs(DTYPES, RUN_ROWS, RUN_STEPS, RUN_WAYS)
    _show("correct runs", list(corpus.lines(whole)), began)

    began = time.perf_counter()
    differing = truths.disagreements(PROBLEMS)
    told = f"{PROBLEMS} random problems, {len(differing)} differences between python-flint and fractions"
    _show("the truth twice", [told, *differing], began)

    if "--write" in arguments:
        sections = {"correct evaluations": tallies, "the worst that the model allows": worst, "correct runs": whole}
        Path(DOCUMENT).write_text("\n".join(document(matrix, sections, told)) + "\n", encoding="utf-8")
    alarms = sum(tally.alarms for group in (tallies, worst, whole) for tally in group.values())
    return int(bool(matrix.escaped or matrix.accused or alarms or differing))


def _show(title: str, lines: list[str] | Iterator[str], began: float) -> None:
    print(f"\n== {title} ({time.perf_counter() - began:.0f} s)\n")
    print("\n".join(lines), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
