"""`docs/mutants.md`: the score of the mutants, and which survive and why, as `make mutants-docs` writes them."""

from __future__ import annotations

import fnmatch
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.document import table
from tools.mutants.operators import OPERATORS
from tools.mutants.scope import ROOT
from tools.mutants.tree import Mutant

PAGE = ROOT / "docs" / "mutants.md"
SURVIVORS = Path(__file__).parent / "survivors.toml"

INTRODUCTION = """\
# The judge, broken on purpose

Each mutant changes the verifier in one place of its syntax tree, and the tests that run through that place must notice.
`make mutants` makes them, `make mutants-docs` writes this page too. The operators stand in
`tools/mutants/operators.py`, which modules are mutated and how many of their mutants are made in
`tools/mutants/scope.py`; a mutant is named by function, operator and number, so that moving and renaming what is around
it changes nothing."""


@dataclass(frozen=True)
class Result:
    """What became of a mutant: `"killed"`, `"survived"` or `"broken"`, which says nothing of the tests."""

    mutant: Mutant
    outcome: str
    by: str = ""

    @classmethod
    def of(cls, mutant: Mutant, answer: dict[str, Any] | str | None) -> Result:
        """From what `running.attempt` returns."""
        if answer is None:
            return cls(mutant, "killed", "it does not end")
        if isinstance(answer, str):
            return cls(mutant, "broken", answer)
        if answer["killed_by"]:
            return cls(mutant, "killed", answer["killed_by"])
        return cls(mutant, "survived") if answer["applied"] else cls(mutant, "broken", "no test imports its module")


def reasons(path: Path = SURVIVORS) -> dict[str, str]:
    """Why mutants survive, by name: of a file with a table for each function, where `*` stands for any."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return {f"{function} {name}": why for function, entries in tables.items() for name, why in entries.items()}


def score(results: Sequence[Result]) -> str:
    """How many were killed, and how many survive."""
    outcomes = Counter(result.outcome for result in results)
    return f"{outcomes['killed']} of {len(results)} mutants killed, {outcomes['survived']} survive"


def unexpected(
    results: Sequence[Result], excused: Mapping[str, str], every: Iterable[Mutant], whole: bool
) -> list[str]:
    """What is wrong with a run, as sentences; idle reasons only where the run was `whole`."""
    found = []
    for result in results:
        if result.outcome == "broken":
            found.append(f"expected to be killed or to survive, got broken ({result.by}): {result.mutant}")
        elif result.outcome == "survived" and reason(result.mutant, excused) is None:
            found.append(f"expected to be killed, got survived: {result.mutant}")
        elif result.outcome == "killed" and result.mutant.key in excused:
            found.append(f"expected to survive, got killed ({result.by}): {result.mutant}")
    if whole:
        known, surviving = {mutant.key for mutant in every}, {r.mutant.key for r in results if r.outcome == "survived"}
        for pattern in excused:
            if not fnmatch.filter(known, pattern):
                found.append(f"survivors.toml: expected the name of a mutant, got {pattern}: there is none")
            elif not fnmatch.filter(surviving, pattern) and pattern not in known:
                found.append(f"survivors.toml: expected survivors, got none that {pattern} fits")
            elif pattern in known and pattern not in {result.mutant.key for result in results}:
                found.append(
                    f"survivors.toml: expected a mutant that is made, got {pattern}, which the sample leaves out"
                )
    return found


def reason(mutant: Mutant, excused: Mapping[str, str]) -> str | None:
    """Why a mutant survives, or `None` where nothing is said of it."""
    return next((why for pattern, why in excused.items() if fnmatch.fnmatchcase(mutant.key, pattern)), None)


def page(results: Sequence[Result], excused: Mapping[str, str]) -> Iterator[str]:
    """The lines of the page."""
    yield INTRODUCTION
    yield f"\n**{score(results)}.**\n"
    yield "## Operators\n"
    by_operator = Counter((result.mutant.operator, result.outcome) for result in results)
    rows = [
        (name, (operator.__doc__ or "").rstrip("."), by_operator[name, "killed"], by_operator[name, "survived"])
        for name, operator in OPERATORS.items()
    ]
    yield from table(("operator", "what it puts in place", "killed", "survived"), rows, numbers=(2, 3))
    yield "\n## Modules\n"
    by_module = Counter((result.mutant.module, result.outcome) for result in results)
    names = dict.fromkeys(result.mutant.module for result in results)
    modules = [(f"`{name}`", by_module[name, "killed"], by_module[name, "survived"]) for name in names]
    yield from table(("module", "killed", "survived"), modules, numbers=(1, 2))
    survivors = [result for result in results if result.outcome != "killed"]
    if survivors:
        yield "\n## Survivors\n"
        for result in survivors:
            yield f"- {result.mutant}, {result.outcome}: {reason(result.mutant, excused) or 'unexpected'}"
