"""Whether a cell can run on this machine: its framework, its device, and whatever else it needs."""

from __future__ import annotations

import dataclasses

from gradagree.matrix.cells import Cell
from gradagree.matrix.row import Row
from gradagree.runtime import frameworks
from gradagree.runtime.failure import described


def blank(cell: Cell, steps: int, rows: int | None = None) -> Row:
    """The row of a cell that nothing is known of yet: no verdict, no version."""
    entry = cell.implementation
    return Row(
        entry.name, entry.framework, "", cell.device, cell.dtype, cell.problem, steps=steps, verdict="", rows=rows
    )


def check_available(cell: Cell, blank: Row) -> Row:
    """The blank row with its framework's version in it, or NOT RUN with the reason.

    The version stays empty where it is the framework that cannot be had.
    """
    name = cell.implementation.framework
    if not frameworks.installed(name):
        return blank.not_run(f"{name} is not installed")
    try:
        framework = frameworks.framework(name)
    except Exception as error:  # a library that is missing, a jaxlib of another version: it may be anything
        return blank.not_run(f"{name} is installed, and cannot be imported: {described(error)}")
    row = dataclasses.replace(blank, version=framework.version())
    if cell.device not in framework.devices():
        seen = ", ".join(framework.devices())
        return row.not_run(f"{name} {framework.version()} sees no {cell.device} here, only {seen}")
    needed, count = cell.implementation.own_devices, framework.count(cell.device)
    if cell.device != "cpu" and count < needed:
        return row.not_run(f"each of its {needed} processes needs a {cell.device} device of its own; here is {count}")
    for need in (cell.dtype, *cell.implementation.needs):
        lacking = framework.lacks(cell.device, need)
        if lacking is not None:
            return row.not_run(lacking)
    return row


def absent(row: Row) -> str | None:
    """The framework or the device for want of which a cell was NOT RUN; `None` where both are here."""
    if not row.version:
        return row.framework
    return None if row.device in frameworks.framework(row.framework).devices() else row.device
