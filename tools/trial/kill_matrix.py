"""The kill matrix: every mutant in every dtype, at every N and step, with what was predicted of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gradagree.checking.verdict import Verdict
from tools.trial.faults import MUTANTS
from tools.trial.kill_cell import Cell, Outcome

DTYPES = ("float64", "float32", "bfloat16", "float16")
ROWS = (16, 100, 1000, 10_000)
STEPS = (0, 20, 200)

LEGEND = """\
● certainly caught, and was: |effect| > bound + the mutant's own bound, so that no rounding can hide it
◐ caught, though the bounds alone did not promise it
○ not caught, and none was promised: the number says which part of the two bounds the effect is at most
✗ promised, and not caught: a failure"""


@dataclass
class Matrix:
    """Outcomes by dtype and mutant, one for each (N, step); and clean runs that were accused."""

    rows: Sequence[int]
    steps: Sequence[int]
    outcomes: dict[tuple[str, str], list[Outcome]] = field(default_factory=dict)
    accused: list[str] = field(default_factory=list)
    clean: int = 0

    @property
    def escaped(self) -> list[str]:
        """Predicted kills that survived."""
        return [
            f"{dtype}: {name}, effect/bound {o.ratio:.3g}, {o.verdict.value}"
            for (dtype, name), row in self.outcomes.items()
            for o in row
            if o.survived_wrongly
        ]

    def count(self, mark: str) -> int:
        """How many cells bear a mark."""
        return sum(mark_of(o) == mark for row in self.outcomes.values() for o in row)


def matrix(dtypes: Iterable[str] = DTYPES, rows: Sequence[int] = ROWS, steps: Sequence[int] = STEPS) -> Matrix:
    """Run every mutant, and the correct code beside it."""
    found = Matrix(rows, steps)
    for dtype in dtypes:
        for count in rows:
            for step in steps:
                cell = Cell(dtype, count, step)
                judgement = cell.judge()
                found.clean += 1
                if judgement.verdict not in (Verdict.AGREES, Verdict.INCONCLUSIVE):
                    found.accused.append(f"{dtype}, N = {count}, step {step}: {judgement.reason}")
                for name, mutant in MUTANTS.items():
                    found.outcomes.setdefault((dtype, name), []).append(mutant(cell))
    return found


def mark_of(outcome: Outcome) -> str:
    """The sign that stands for an outcome."""
    if outcome.survived_wrongly:
        return "✗"
    return "●" if outcome.must else "◐" if outcome.caught else "○"


def lines(found: Matrix) -> Iterator[str]:
    """The matrix as text, a table for each dtype: effect over bounds, and its mark."""
    for dtype in dict.fromkeys(dtype for dtype, _ in found.outcomes):
        yield f"{dtype:34}" + "".join(f"{f'N = {count}':{9 * len(found.steps)}}" for count in found.rows).rstrip()
        yield f"{'':34}" + "".join(f"{f'step {step}':9}" for _ in found.rows for step in found.steps).rstrip()
        for (one, name), outcomes in found.outcomes.items():
            if one == dtype:
                yield f"{name:34}" + "".join(f"{_short(o.ratio) + mark_of(o):9}" for o in outcomes).rstrip()
        yield ""


def summary(found: Matrix) -> Iterator[str]:
    """How many were promised, caught and missed; then each failure."""
    total = sum(len(row) for row in found.outcomes.values())
    yield (
        f"{total} mutants: {found.count('●')} ● {found.count('◐')} ◐ {found.count('○')} ○ {found.count('✗')} ✗; "
        f"{found.clean} clean evaluations, {len(found.accused)} accused"
    )
    yield from (f"ESCAPED {sentence}" for sentence in found.escaped)
    yield from (f"ACCUSED {sentence}" for sentence in found.accused)


def _short(ratio: float) -> str:
    """Two digits at most: 0, 0.3, 4, 27, 3e6."""
    if ratio == 0:
        return "0"
    if ratio < 0.01:
        return "<.01"
    if ratio < 1:
        return f"{ratio:.2f}"
    if ratio < 1000:
        return f"{ratio:.1f}" if ratio < 10 else f"{ratio:.0f}"
    digit, exponent = f"{ratio:.0e}".split("e")
    return f"{digit}e{int(exponent)}"
