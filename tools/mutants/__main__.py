"""Break the verifier in one place at a time, and see whether its tests notice: `python -m tools.mutants [WORD …]`.

With words, only mutants whose names contain one of them, and of these every one; files of tests among them are those
that are run. `--write` puts the score and the survivors of a whole run into `docs/mutants.md`. Exits with 1 if a mutant
survives for which `survivors.toml` gives no reason, or if it gives one for a mutant that is killed or that there is
none of.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence

from tools.mutants import running, scope
from tools.mutants.page import PAGE, Result, page, reasons, score, unexpected
from tools.mutants.tree import Mutant

WRITE, USAGE = "--write", 2


def main(arguments: list[str]) -> int:
    """Make the mutants and print what became of each; the exit status."""
    files = [word for word in arguments if word.endswith(".py")]
    words = [word for word in arguments if word != WRITE and word not in files]
    if (words or files) and WRITE in arguments:
        print(f"{WRITE}: expected no words and no files, got {', '.join(words + files)}: the page is of all mutants")
        return USAGE
    every = scope.every()
    named = [mutant for mutant in every if any(word in mutant.key for word in words)]
    chosen = named if words else scope.sample(every)
    running.warm()
    began = time.perf_counter()
    observed = observe(files or scope.files(chosen))
    if isinstance(observed, str):
        print(f"without a mutant these tests already fail: {observed}")
        return 1
    print(f"{len(observed.seconds)} tests observed in {time.perf_counter() - began:.0f} s", flush=True)
    results = try_each(chosen, observed)
    wrong = unexpected(results, reasons(), every, whole=not words and not files)
    print("\n".join([f"\n{score(results)}, in {time.perf_counter() - began:.0f} s", *wrong]))
    if WRITE in arguments:
        PAGE.write_text("\n".join(page(results, reasons())) + "\n", encoding="utf-8")
    return int(bool(wrong))


def observe(files: Sequence[str]) -> scope.Observed | str:
    """What these tests do without a mutant; or which of them fail."""
    jobs = {file: (running.observe, (scope.ROOT, file)) for file in files}
    found, failed = [], []
    for name, result, took in running.each(jobs, dict.fromkeys(jobs, 600.0), os.cpu_count() or 1):
        print(f"observed {took:5.1f} s  {name}", flush=True)
        if not isinstance(result, dict):
            failed.append(f"{name}: {result or 'not done after 600 s'}")
        elif result["failed"]:
            failed += result["failed"]
        else:
            found.append(result)
    return ", ".join(failed) or scope.observed(found)


def try_each(chosen: Sequence[Mutant], observed: scope.Observed) -> list[Result]:
    """What became of each mutant."""
    jobs, seconds = {}, {}
    for mutant in chosen:
        groups = observed.tests_of(mutant)
        jobs[mutant.key] = (running.attempt, (mutant.key, groups))
        # Slower than without it, and slower yet on a busy machine: what is not done by then is an endless loop.
        seconds[mutant.key] = 30 + 10 * sum(observed.seconds[test] for group in groups for test in group)
    by_key, results = {mutant.key: mutant for mutant in chosen}, {}
    for key, answer, took in running.each(jobs, seconds, os.cpu_count() or 1):
        results[key] = Result.of(by_key[key], answer)
        print(f"{results[key].outcome:9}{took:5.1f} s  {by_key[key]}", flush=True)
    return [results[mutant.key] for mutant in chosen]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
