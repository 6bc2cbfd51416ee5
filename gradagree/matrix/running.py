"""How a cell is run: twice, both runs judged, and what disagrees diagnosed."""

from __future__ import annotations

import dataclasses
import time
import warnings
from dataclasses import dataclass

import numpy as np

from gradagree.checking.run import Run
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.diagnosis.compare import compare
from gradagree.matrix import availability
from gradagree.matrix.cells import Cell
from gradagree.matrix.curves import curves
from gradagree.matrix.effects import beyond
from gradagree.matrix.known_defects import KnownDefect, expected
from gradagree.matrix.loading import Workers, is_users, ready
from gradagree.matrix.precision_setting import check_precision_setting_effective
from gradagree.matrix.registry import Implementation
from gradagree.matrix.row import Row
from gradagree.runtime.failure import described
from gradagree.runtime.trajectory import Trajectory
from gradagree.runtime.worker.client import WorkerError
from reference.problems import cast


def run_cell(cell: Cell, workers: Workers | None = None) -> Row:
    """Run a cell twice, judge both runs, and return the row of the worse.

    The second run finds state that the first left behind. It need not repeat the bits, only obey the same bounds.
    A framework or a device that is not there gives a row that says so. A warning is shown, and stops nothing.
    """
    # Where the caller's filters make an error of it, a mere warning would be the implementation's fault.
    with warnings.catch_warnings(action="default"):
        if workers is not None:
            return _row(cell, workers)
        with Workers() as own:
            return _row(cell, own)


def blank_row(cell: Cell) -> Row:
    """The row of a cell that nothing is known of yet: no verdict, no version."""
    problem = cast(cell.problem, cell.dtype)
    return availability.blank(cell, problem.steps, len(problem.x))


def _row(cell: Cell, workers: Workers) -> Row:
    problem = cast(cell.problem, cell.dtype)
    blank = availability.check_available(cell, blank_row(cell))
    if blank.verdict:
        return blank
    run = ready(cell, workers, blank)
    if isinstance(run, Row):
        return run
    claim = cell.implementation.arithmetic(cell.device, cell.dtype)
    known = expected(blank.implementation, blank.device, blank.dtype, blank.problem, blank.version)
    began = time.perf_counter()
    try:
        first = run(problem)
        seconds = time.perf_counter() - began
        second = None if first.protocol_errors else run(problem)
    except WorkerError as error:
        return blank.invalid(error.reason)
    seen = _judged(Run(first, problem, claim), known)
    repeated: bool | None = None
    if second is not None:
        repeated = _same_bits(first, second)
        if not repeated:
            seen = max(seen, _judged(Run(second, problem, claim), known), key=_severity)
    judgement, told = seen.judgement, ""
    if judgement.verdict is Verdict.DISAGREES:
        judgement, told = explained(seen.run, judgement, claimed=not _unclaimed(cell.implementation))
    row = dataclasses.replace(
        blank.with_judgement(judgement),
        repeated=repeated,
        seconds=seconds,
        curves=curves(seen.run, judgement),
        diagnosis=told,
    )
    return row if known is None else _held_against(known, row, seen.surprise)


@dataclass(frozen=True)
class _Seen:
    """A run, what is judged of it, and what a known defect of its cell does not explain."""

    run: Run
    judgement: Judgement
    surprise: str


def _judged(run: Run, known: KnownDefect | None) -> _Seen:
    judgement = check_precision_setting_effective(run, compare(run))
    if known is None or judgement.verdict is not Verdict.DISAGREES:
        return _Seen(run, judgement, "")
    return _Seen(run, judgement, beyond(known.effect, run, judgement))


def _held_against(known: KnownDefect, row: Row, surprise: str) -> Row:
    """The row of a cell with a known defect: as expected, unless there is more to it or something else."""
    if surprise:
        reason = f"beyond the known defect, that {known.reason}: {surprise}"
        return dataclasses.replace(row, issue=known.issue, reason=reason)
    disagrees = Verdict.DISAGREES.value
    if row.verdict not in (disagrees, Verdict.AGREES.value):
        row = dataclasses.replace(row, reason=f"{row.reason}; expected was {disagrees}, since {known.reason}")
    return dataclasses.replace(row, expected=disagrees, issue=known.issue)


def explained(run: Run, judgement: Judgement, claimed: bool = True) -> tuple[Judgement, str]:
    """A run that disagrees, and which mistake explains its every step, as `code: name`, with what else would.

    Where nobody has said what its arithmetic is, and wider bounds hold it, nobody can tell.
    """
    from gradagree.diagnosis.catalogue import MISTAKES
    from gradagree.diagnosis.conclusion import conclude  # only where something disagrees: the catalogue is large
    from gradagree.diagnosis.identify.means import over_the_rows

    try:
        judgement, found = conclude(run, judgement, claimed=claimed)
    except Exception as error:  # whatever becomes of the diagnosis, the verdict and its figures stand
        return judgement, f"no diagnosis: it failed with {described(error)}"
    if found.code is None:
        return judgement, over_the_rows(run) if judgement.verdict is Verdict.DISAGREES else ""
    others = [f"or {code}: {MISTAKES[code].name}" for code in found.candidates if code != found.code]
    return judgement, "; ".join([f"{found.code}: {MISTAKES[found.code].name}", *others])


def _unclaimed(implementation: Implementation) -> bool:
    """Whether it is a loop from a file of somebody's own, who says nothing of its arithmetic."""
    return is_users(implementation.target) and not getattr(implementation, "claimed", ())


def _severity(seen: _Seen) -> tuple[int, bool]:
    return seen.judgement.verdict.severity, bool(seen.surprise)


def _same_bits(first: Trajectory, second: Trajectory) -> bool:
    pairs = [(getattr(first, name), getattr(second, name)) for name in ("w", "b", "grad_w", "grad_b", "loss")]
    return first.protocol_errors == second.protocol_errors and all(
        a is b or (a is not None and b is not None and np.array_equal(a, b, equal_nan=True)) for a, b in pairs
    )
