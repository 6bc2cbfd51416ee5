"""How a cell is run: twice, both runs judged, and what disagrees diagnosed."""

from __future__ import annotations

import dataclasses
import importlib
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gradagree import frameworks
from gradagree.cells import Cell, Implementation
from gradagree.compare import compare
from gradagree.contained import contained, described
from gradagree.expectations import expected
from gradagree.guest.function import load as load_file
from gradagree.pairing import cast
from gradagree.presence import looked_up
from gradagree.record import record
from gradagree.report.curves import curves
from gradagree.row import Row
from gradagree.trajectory import Trajectory
from gradagree.vain import asked_in_vain
from gradagree.verdict import Judgement, Verdict
from reference.arithmetic import Arithmetic
from reference.problem import Problem

SEVERITY = list(Verdict)


def run_cell(cell: Cell, time_limit: float | None = None) -> Row:
    """Run a cell twice, judge both runs, and return the row of the worse.

    The second run finds state that the first left behind. It need not repeat the bits, only obey the same bounds.
    A framework or a device that is not there gives a row that says so. A warning is shown, and stops nothing.
    """
    # Where the caller's filters make an error of it, a mere warning would be the implementation's fault.
    with warnings.catch_warnings(action="default"):
        return _row(cell, time_limit)


def _row(cell: Cell, time_limit: float | None) -> Row:
    framework_name = cell.implementation.framework
    problem = cast(cell.problem, cell.dtype)
    blank = Row(
        implementation=cell.implementation.name,
        framework=framework_name,
        version="",
        device=cell.device,
        dtype=cell.dtype,
        problem=cell.problem,
        steps=problem.steps,
        verdict="",
        rows=len(problem.x),
    )
    blank = looked_up(cell, blank)
    if blank.verdict:
        return blank
    framework = frameworks.framework(framework_name)
    run = _loaded(cell.implementation, time_limit, blank)
    if isinstance(run, Row):
        return run
    claim = cell.implementation.arithmetic(cell.device, cell.dtype)
    began = time.perf_counter()
    first = record(run, problem, framework, cell.device, time_limit)
    seconds = time.perf_counter() - began
    judged, judgement = first, _judged(first, problem, claim)
    repeated: bool | None = None
    if not first.faults:
        second = record(run, problem, framework, cell.device, time_limit)
        repeated = _same_bits(first, second)
        if not repeated:
            again = _judged(second, problem, claim)
            if _severity(again) < _severity(judgement):
                judged, judgement = second, again
    told = ""
    if judgement.verdict is Verdict.DISAGREES:
        judgement, told = explained(judgement, judged, problem, claim, plainly=_unclaimed(cell.implementation))
    row = dataclasses.replace(
        blank.with_judgement(judgement),
        repeated=repeated,
        seconds=seconds,
        curves=curves(judged, judgement, problem),
        diagnosis=told,
    )
    known = expected(row.implementation, row.device, row.dtype, row.problem, row.version)
    return row if known is None else dataclasses.replace(row, expected=known.verdict.value, issue=known.issue)


def _judged(run: Trajectory, problem: Problem, claim: Arithmetic) -> Judgement:
    return asked_in_vain(compare(run, problem, claim), run, problem, claim)


def _loaded(implementation: Implementation, time_limit: float | None, blank: Row) -> Callable[..., Any] | Row:
    """The implementation's function; or, where its file does not get as far, the row that says so."""
    run = None
    with contained(time_limit) as loading:
        try:
            run = load(implementation.target)
        except (ImportError, OSError) as error:
            if _extra_is_missing(error, implementation):
                return blank.not_run(f"what it imports is not here: {described(error)}")
            raise
    if run is not None:
        return run
    ended = f"took more than {time_limit:g} s" if loading.timed_out else f"raised {loading.raised}"
    return blank.invalid(f"its file {ended} when it was imported")


def _extra_is_missing(error: ImportError | OSError, implementation: Implementation) -> bool:
    """Whether a road of the suite lacks a package that it needs beside its framework, as `optax`.

    A file from outside answers for what it imports; and what the framework itself no longer has is news.
    """
    module = (getattr(error, "name", None) or "").partition(".")[0]
    return not _in_a_file(implementation.target) and module != implementation.framework


def explained(
    judgement: Judgement, run: Trajectory, problem: Problem, claim: Arithmetic, plainly: bool = False
) -> tuple[Judgement, str]:
    """A run that disagrees, and which mistake explains its every step, as `code: name`, with what else would.

    Where nobody has said what its arithmetic is (`plainly`), and wider bounds hold it, nobody can tell.
    """
    from gradagree.diagnose import diagnose, doubtful  # only where something disagrees: the catalogue is large
    from gradagree.identify.means import over_the_rows
    from gradagree.identify.wider import undecided
    from gradagree.mistakes import MISTAKES

    try:
        found = diagnose(run, problem, claim)
        wider = undecided(judgement, run, problem, claim) if plainly and doubtful(found) else None
    except Exception as error:  # whatever becomes of the diagnosis, the verdict and its figures stand
        return judgement, f"no diagnosis: it failed with {described(error)}"
    if wider is not None:
        return wider, ""
    if found.code is None:
        return judgement, over_the_rows(run, problem, claim)
    others = [f"or {code}: {MISTAKES[code].name}" for code in found.candidates if code != found.code]
    return judgement, "; ".join([f"{found.code}: {MISTAKES[found.code].name}", *others])


def _unclaimed(implementation: Implementation) -> bool:
    """Whether it is a loop from a file of somebody's own, who says nothing of its arithmetic."""
    return _in_a_file(implementation.target) and not getattr(implementation, "claimed", ())


def load(target: str) -> Callable[..., Any]:
    """The function that a `"module:function"` or a `"file.py:function"` names."""
    module, _, function = target.rpartition(":")
    if _in_a_file(target):
        return load_file(Path(module), function)
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


def _in_a_file(target: str) -> bool:
    return target.rpartition(":")[0].endswith(".py")


def _severity(judgement: Judgement) -> int:
    return SEVERITY.index(judgement.verdict)


def _same_bits(first: Trajectory, second: Trajectory) -> bool:
    pairs = [(getattr(first, name), getattr(second, name)) for name in ("w", "b", "grad_w", "grad_b", "loss")]
    return first.faults == second.faults and all(
        a is b or (a is not None and b is not None and np.array_equal(a, b, equal_nan=True)) for a, b in pairs
    )
