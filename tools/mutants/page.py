"""`docs/mutants.md`: the score of the mutants, and which survive and why, as `make mutants-docs` writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.mutants.patch import Patch

PAGE = Path(__file__).parents[2] / "docs" / "mutants.md"

INTRODUCTION = """\
# The judge, broken on purpose

Each mutant breaks the verifier in one place, and the tests named beside it must notice. `make mutants` runs them,
`make mutants-docs` writes this page too; what each of them changes stands in `tools/mutants/`."""


def score(outcomes: Mapping[Patch, str]) -> str:
    """How many were killed, and how many survive as was expected."""
    killed = sum(outcome == "killed" for outcome in outcomes.values())
    excused = sum(bool(patch.survives) and outcome == "survived" for patch, outcome in outcomes.items())
    return f"{killed} of {len(outcomes)} mutants killed, {excused} survive for a reason"


def unexpected(outcomes: Mapping[Patch, str]) -> list[Patch]:
    """Those that survived and were not to, were killed and were to survive, or broke more than one thing."""
    return [patch for patch, outcome in outcomes.items() if outcome != ("survived" if patch.survives else "killed")]


def page(outcomes: Mapping[Patch, str]) -> Iterator[str]:
    """The lines of the page."""
    yield INTRODUCTION
    yield f"\n**{score(outcomes)}.**\n"
    survivors = {patch: outcome for patch, outcome in outcomes.items() if outcome != "killed"}
    if survivors:
        yield "## Survivors\n"
        for patch, outcome in survivors.items():
            yield f"- {patch.name} (`{patch.file}`), {outcome}: {patch.survives or 'unexpected'}"
        yield ""
    yield "## All of them\n"
    yield "| file | what is broken | outcome | tests |"
    yield "|---|---|---|---|"
    for patch, outcome in outcomes.items():
        tests = ", ".join(f"`{Path(test).stem}`" for test in patch.tests)
        yield f"| `{patch.file}` | {patch.name} | {outcome} | {tests} |"
