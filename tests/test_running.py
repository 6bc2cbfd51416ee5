"""Running a cell: whatever outside code does, there is a row that says it."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path
from typing import Any

import pytest

import impls
from gradagree.cells import Cell
from gradagree.row import Row
from gradagree.running import load, run_cell
from reference import problems
from tests.checking import LOOP, changed, written
from tests.judging import recorded
from tests.rows import OnTrial

LIGHT = [entry for entry in impls.IMPLEMENTATIONS if "cpu" in entry.devices and entry.weight != "heavy"]


def row_of(target: str, **more: Any) -> Row:
    return run_cell(Cell(OnTrial("numpy_on_trial", target), "cpu", "float32", "probe97"), **more)


def row_of_file(folder: Path, text: str, **more: Any) -> Row:
    return row_of(f"{written(folder, text)}:descend", **more)


def strictly(folder: Path, text: str) -> Row:
    """The row, where warnings are errors: inside `pytest.warns` they are not, whatever the configuration says."""
    warnings.simplefilter("error")
    return row_of_file(folder, text)


class TestWarnings:
    """Where a caller makes errors of warnings, as `filterwarnings = error` does, a loop is not to blame for that."""

    def test_a_loop_that_warns_agrees_and_is_heard(self, tmp_path: Path) -> None:
        warns = changed("        e = x", "        import warnings; warnings.warn('planted')\n        e = x")
        with pytest.warns(UserWarning, match="planted"):
            row = strictly(tmp_path, warns)
        assert (row.verdict, row.reason) == ("AGREES", "")

    def test_a_file_that_warns_when_it_is_read_agrees(self, tmp_path: Path) -> None:
        with pytest.warns(DeprecationWarning, match="planted"):
            row = strictly(tmp_path, "import warnings\nwarnings.warn('planted', DeprecationWarning)\n" + LOOP)
        assert (row.verdict, row.reason) == ("AGREES", "")

    @pytest.mark.parametrize("entry", LIGHT, ids=lambda entry: entry.name)
    def test_the_roads_of_the_suite_do_not_warn(self, entry: impls.Implementation) -> None:
        pytest.importorskip(entry.framework)
        short = dataclasses.replace(problems.load("probe97").cast("float32"), steps=2)
        assert recorded(load(entry.target), short, entry.framework).faults == ()
