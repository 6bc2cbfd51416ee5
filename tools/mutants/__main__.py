"""Break the verifier, patch by patch, and see whether its tests notice: `python -m tools.mutants [--write] [WORD …]`.

Each patch is applied to a copy of the checkout, where the tests that it names are run until one fails. With words,
only the patches whose names contain one of them. `--write` puts the score and the survivors of a whole run into
`docs/mutants.md`. Exits with 1 if a mutant survives that was not expected to, or one is killed that was.
"""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tools.mutants import of_cells, of_data, of_judge, of_truth
from tools.mutants.page import PAGE, page, score, unexpected
from tools.mutants.patch import Patch

PATCHES = (*of_truth.PATCHES, *of_data.PATCHES, *of_judge.PATCHES, *of_cells.PATCHES)
ROOT = Path(__file__).parents[2]
NOT_COPIED = shutil.ignore_patterns(".git", ".venv*", "*cache*", "*.egg-info", "build")
FAILED, PASSED = 1, 0
WRITE, USAGE = "--write", 2


def main(arguments: list[str]) -> int:
    """Run the patches and print what became of each; the exit status."""
    words = [word for word in arguments if word != WRITE]
    if words and WRITE in arguments:
        print(f"{WRITE}: got the words {', '.join(words)} as well; the page is of all patches, so none will do")
        return USAGE
    chosen = [patch for patch in PATCHES if not words or any(word in patch.name for word in words)]
    outcomes: dict[Patch, str] = {}
    count = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(count) as pool:
        copies = Copies(Path(place), count)
        groups = sorted({p.tests for p in chosen})
        broken = [tests for tests, status in zip(groups, pool.map(copies.run, groups), strict=True) if status != PASSED]
        if broken:
            print(f"without a patch these tests already fail: {broken}")
            return 1
        for patch, (outcome, seconds) in zip(chosen, pool.map(copies.try_patch, chosen), strict=True):
            outcomes[patch] = outcome
            note = f": {patch.survives}" if patch.survives else ""
            print(f"{outcome:9}{seconds:5.0f} s  {patch.file}: {patch.name}{note}", flush=True)
    print(f"\n{score(outcomes)}")
    for patch in unexpected(outcomes):
        print(f"UNEXPECTED {patch.file}: {patch.name}")
    if WRITE in arguments:
        PAGE.write_text("\n".join(page(outcomes)) + "\n", encoding="utf-8")
    return int(bool(unexpected(outcomes)))


class Copies:
    """Copies of the checkout, each for one thread at a time, with modules compiled once.

    A compiled module is checked against the hash of its source: a patch is seen, however quickly it comes and goes.
    """

    def __init__(self, place: Path, count: int) -> None:
        self._free: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for k in range(count):
            copy = place / f"checkout_{k}"
            shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
            compiling = ["compileall", "-q", "--invalidation-mode", "checked-hash", str(copy)]
            subprocess.run([sys.executable, "-m", *compiling], capture_output=True, check=False)
            self._free.put(copy)

    def run(self, tests: tuple[str, ...]) -> int:
        """`run` in one of them."""
        with self._one() as copy:
            return run(copy, tests)

    def try_patch(self, patch: Patch) -> tuple[str, float]:
        """`try_patch` in one of them, and the seconds that it took."""
        with self._one() as copy:
            began = time.perf_counter()
            return try_patch(copy, patch), time.perf_counter() - began

    @contextmanager
    def _one(self) -> Iterator[Path]:
        copy = self._free.get()
        try:
            yield copy
        finally:
            self._free.put(copy)


def try_patch(copy: Path, patch: Patch) -> str:
    """Apply a patch to the copy, run its tests, and take it back: `"killed"`, `"survived"` or `"broken"`."""
    path = copy / patch.file
    before = path.read_text(encoding="utf-8")
    path.write_text(patched(before, patch), encoding="utf-8")
    try:
        # Anything but a failed test, such as an error of syntax, says nothing about the tests.
        return {FAILED: "killed", PASSED: "survived"}.get(run(copy, patch.tests), "broken")
    finally:
        path.write_text(before, encoding="utf-8")


def patched(source: str, patch: Patch) -> str:
    """The source with the patch applied.

    Raises
    ------
    ValueError
        if the old text does not stand there exactly once.
    """
    found = source.count(patch.old)
    if found != 1:
        raise ValueError(f"{patch.file}: {patch.name!r} applies to {found} places; exactly one will do")
    return source.replace(patch.old, patch.new)


def run(copy: Path, tests: tuple[str, ...]) -> int:
    """pytest's exit status, stopping at the first failure."""
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, cwd=copy, capture_output=True, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
