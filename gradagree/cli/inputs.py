"""What is said of a script that NaN or infinity went into: its data, its start, or its learning rate."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from gradagree.checking.finite import first_not_finite, spelled
from gradagree.checking.run import finite_steps
from gradagree.checking.verdict import Verdict
from gradagree.cli.case import Code
from gradagree.cli.history import History
from gradagree.cli.message import finding
from gradagree.cli.outcome import Outcome
from gradagree.cli.roles import Roles
from gradagree.diagnosis.catalogue import INPUTS, REMARKS
from reference.dyadic import FloatArray

SHOWN = 8  # rows that are named


def finite_rows(found: Roles) -> npt.NDArray[np.bool_]:
    """`(N,)`: the rows in which x and y are finite throughout."""
    return np.asarray(np.isfinite(found.x).all(axis=1) & np.isfinite(found.y).all(axis=1))


def spoiled(code: Code, found: Roles, run: History, rates: Mapping[str, float]) -> Outcome | None:
    """The answer where what went in is not finite, and what came out is not either; `None` where that is not so."""
    went_in = [*_data("x", found.x), *_data("y", found.y), *_start(run), *_rates(run, rates)]
    came_out = _first(run)
    if not went_in or not came_out:
        return None
    lines = [f"error[{INPUTS}]: {REMARKS[INPUTS].name}", *(f"  {code.label}: {sentence}" for sentence in went_in)]
    told = finding([*lines, f"  {came_out}"], code.notes, [REMARKS[INPUTS].remedy])
    return Outcome(Verdict.INVALID, told, INPUTS, (INPUTS,), assumed=code.assumed)


def named(rows: npt.NDArray[np.intp]) -> str:
    """`row 3`, `rows 3, 5 and 7`, `rows 0, 1, …, 7 and 12 more`; counted from 0."""
    first = [str(row) for row in rows[:SHOWN]]
    if len(rows) > SHOWN:
        return f"rows {', '.join(first)} and {len(rows) - SHOWN} more"
    return f"row {first[0]}" if len(rows) == 1 else f"rows {', '.join(first[:-1])} and {first[-1]}"


def _data(name: str, values: FloatArray) -> list[str]:
    """Which rows of an array hold NaN, and which infinity."""
    told = []
    for what, bad in (("NaN", np.isnan(values)), ("infinity", np.isinf(values))):
        rows = np.flatnonzero(bad.any(axis=1))
        if len(rows):
            told.append(f"{name} holds {what} in {len(rows)} of its {len(values)} rows: {named(rows)}, counted from 0")
    return told


def _start(run: History) -> list[str]:
    if finite_steps(run.V[:1]):
        return []
    wrong = first_not_finite("start", run.V[:1], run.V[:1], 0)
    return [f"{wrong.place} is {spelled(wrong.got)} at the start, before any update"]


def _rates(run: History, rates: Mapping[str, float]) -> list[str]:
    """A rate that is no number matters where the first update, by a gradient that is one, is none."""
    if not finite_steps(run.V[:1]) or not finite_steps(run.gradient[:1]) or finite_steps(run.V[:2]) == len(run.V[:2]):
        return []
    return [f"the learning rate `{name}` is {spelled(rate)}" for name, rate in rates.items() if not math.isfinite(rate)]


def _first(run: History) -> str:
    """What is not finite first in the record: loss, gradient, or what an update left."""
    found = []
    for order, (quantity, values) in enumerate((("update", run.V[1:]), ("loss", run.loss), ("gradient", run.gradient))):
        if values is not None and (step := finite_steps(values)) < len(values):
            wrong = first_not_finite(quantity, values[step : step + 1], values[step : step + 1], step)
            found.append((step + (quantity == "update"), order, wrong))
    if not found:
        return ""
    _, _, wrong = min(found)
    after = "after the update of" if wrong.quantity == "update" else "at"
    return f"first value that is not finite: {wrong.place} is {spelled(wrong.got)} {after} step {wrong.step}"
