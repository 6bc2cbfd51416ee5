"""The cells of second derivatives, implementation × device × dtype × problem, and how one is run."""

from __future__ import annotations

import dataclasses
import importlib
import warnings
from collections.abc import Iterator, Sequence

from gradagree.checking import curvature
from gradagree.matrix import availability
from gradagree.matrix.cells import Cell, fitting
from gradagree.matrix.registry import Implementation
from gradagree.matrix.row import Row
from gradagree.matrix.rules import impossible
from gradagree.runtime import frameworks
from gradagree.runtime.failure import described
from reference.problems import cast

PROBLEMS = ("probe97", "targets", "offset", "scales", "layouts_strided", "tails_params_17")


def cells(
    entries: Sequence[Implementation],
    devices: Sequence[str],
    dtypes: Sequence[str],
    problem_names: Sequence[str],
) -> Iterator[Cell]:
    """Every cell that makes sense."""
    for entry, device, dtype in fitting(entries, devices, dtypes):
        for problem in problem_names:
            if excluded(entry, device, dtype, problem) is None:
                yield Cell(entry, device, dtype, problem)


def excluded(entry: Implementation, device: str, dtype: str, problem: str) -> str | None:
    """Why a cell makes no sense; `None` if it does."""
    if problem not in PROBLEMS:
        return f"second derivatives are taken on {', '.join(PROBLEMS)} alone"
    never = impossible(entry.framework, device, dtype, problem)
    return curvature.excluded(problem, dtype, entry.arithmetic(device, dtype)) if never is None else never


def blank_row(cell: Cell) -> Row:
    """The row of a cell that nothing is known of yet: no verdict, no version."""
    return availability.blank(cell, steps=0)


def run_cell(cell: Cell) -> Row:
    """Run a cell and judge it. A framework or a device that is not there gives a row that says so."""
    blank = availability.check_available(cell, blank_row(cell))
    if blank.verdict:
        return blank
    framework = frameworks.framework(cell.implementation.framework)
    claim = cell.implementation.arithmetic(cell.device, cell.dtype)
    try:
        # A mere warning is no fault, whatever the caller makes of it.
        with warnings.catch_warnings(action="default"):
            implementation = importlib.import_module(cell.implementation.target)
            judgement = curvature.judge(implementation, cast(cell.problem, cell.dtype), framework, cell.device, claim)
    except Exception as error:
        return blank.invalid(f"raised {described(error)}")
    row = blank.with_judgement(judgement)
    found = judgement.checks.get("curvature")
    if found is None:
        return row
    told = f"second derivatives: error/bound {found.worst_deviation.ratio:.2g}, resolution {found.resolution:.1g}"
    return dataclasses.replace(row, resolution=found.resolution, notes=(told,))
