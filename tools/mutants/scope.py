"""What is mutated, how much of it, and which tests must notice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.mutants.tree import Mutant, mutants

ROOT = Path(__file__).parents[2]

# Of so many mutants one is made, the one whose name's hash says so: modules and packages, the first that fits counts.
# A module that is written below one of these packages is mutated from then on.
SHARES = {
    "reference.rounding": 4, "reference.arithmetic": 2, "reference.scales": 2, "reference.lattice": 4,
    "reference.truth": 1, "reference.optimizers": 2,
    "reference.synthetic": 40, "reference.batches": 12, "reference": 8,
    "gradagree.checking.check": 2, "gradagree.checking.judge": 2, "gradagree.checking.verdict": 2,
    "gradagree.checking": 4, "gradagree.matrix": 12, "gradagree.runtime.record": 6, "gradagree.runtime.recorder": 6,
    "gradagree.pytest_plugin": 12,
}  # fmt: skip

# Beside the tests of a module's own package: the judge on trial, and faults planted in whole runs.
EVERYWHERE = ("tests/tools/test_trial_*.py", "tests/impls/test_planted*.py")
SECONDS = 5.0  # of tests that a mutant may cost


def modules(root: Path = ROOT, shares: Mapping[str, int] = SHARES) -> dict[str, Path]:
    """The modules that are mutated, by dotted name.

    Raises
    ------
    LookupError
        if a name in `SHARES` is that of no module and no package.
    """
    found: dict[str, Path] = {}
    for name in shares:
        place = root.joinpath(*name.split("."))
        paths = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
        if not paths or not all(path.exists() for path in paths):
            raise LookupError(f"tools/mutants/scope.py, SHARES: expected a module or package {name}, found none")
        for path in paths:
            dotted = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
            found[dotted] = path
    return found


def share(module: str, shares: Mapping[str, int] = SHARES) -> int:
    """Of how many of a module's mutants one is made."""
    return next(n for name, n in shares.items() if module == name or module.startswith(f"{name}."))


def every(root: Path = ROOT, shares: Mapping[str, int] = SHARES) -> list[Mutant]:
    """Every mutant of every module."""
    return [mutant for name, path in modules(root, shares).items() for mutant in mutants(name, path.read_text("utf-8"))]


def sample(of: Iterable[Mutant], shares: Mapping[str, int] = SHARES) -> list[Mutant]:
    """Those that are made: the same ones each time, wherever their text is moved in its function."""
    return [mutant for mutant in of if _hash(mutant.key) % share(mutant.module, shares) == 0]


def _hash(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8])


def folder(module: str) -> str:
    """Where the tests of a module lie: `tests/checking` for `gradagree.checking.check`."""
    return "/".join(["tests", *module.removeprefix("gradagree.").split(".")[:1]])


def files(chosen: Iterable[Mutant], root: Path = ROOT) -> list[str]:
    """The test files of so many mutants."""
    patterns = {f"{folder(mutant.module)}/**/test_*.py": None for mutant in chosen} | dict.fromkeys(EVERYWHERE)
    return sorted({str(path.relative_to(root)) for pattern in patterns for path in root.glob(pattern)})


@dataclass(frozen=True)
class Observed:
    """What the tests do without a mutant: the seconds of each, and the functions that it enters."""

    seconds: Mapping[str, float]
    entered: Mapping[str, set[str]]

    def tests_of(self, mutant: Mutant, limit: float = SECONDS) -> list[list[str]]:
        """The tests that enter a mutant's function, by file: its module's own first, then the quickest.

        Where none enters it in its own process, all tests of its package's folder: some run it in another one.
        """
        name = f"{mutant.module}:{mutant.function}"
        tests = [test for test, entered in self.entered.items() if name in entered]
        tests = tests or [test for test in self.entered if test.startswith(f"{folder(mutant.module)}/")]
        own = f"{folder(mutant.module)}/test_{mutant.module.rpartition('.')[2]}"
        tests.sort(key=lambda test: (not test.startswith(own), self.seconds[test], test))
        chosen: dict[str, list[str]] = {}
        for test in tests:
            if limit > 0:
                chosen.setdefault(test.partition("::")[0], []).append(test)
                limit -= self.seconds[test]
        return list(chosen.values())


def observed(results: Sequence[Mapping[str, Any]]) -> Observed:
    """The observations of several files together, as `running.observe` returns them."""
    seconds = {test: took for result in results for test, took in result["seconds"].items()}
    return Observed(seconds, {test: names for result in results for test, names in result["entered"].items()})
