"""Running a cell: whatever outside code does, there is a row that says it."""

from __future__ import annotations

import dataclasses
import re
import warnings
from pathlib import Path
from typing import Any

import pytest

from gradagree.matrix import registry
from gradagree.matrix.cells import Cell
from gradagree.matrix.loading import load
from gradagree.matrix.row import Row
from gradagree.matrix.running import run_cell
from reference import problems
from reference.problem import Problem
from tests.support.checking import LOOP, changed, written
from tests.support.judging import recorded
from tests.support.rows import on_trial

# A loop that knows how often it was run.
TWICE = (
    changed("    for _", "    global runs\n    runs += 1\n    for _")
    .replace("        yield w, b, dw", "        dw = GRADIENT\n        yield w, b, dw")
    .replace("def descend", "runs = 0\n\ndef descend")
)

LIGHT = [entry for entry in registry.first_order() if "cpu" in entry.devices and entry.weight != "heavy"]


@pytest.fixture
def short() -> Problem:
    return dataclasses.replace(problems.load("probe97").cast("float32"), steps=2)


def row_of(target: str, **more: Any) -> Row:
    return run_cell(Cell(on_trial(target), "cpu", "float32", "probe97"), **more)


def row_of_file(folder: Path, text: str, **more: Any) -> Row:
    return row_of(f"{written(folder, text)}:descend", **more)


def strictly(folder: Path, text: str) -> Row:
    """The row, where warnings are errors: inside `pytest.warns` they are not, whatever the configuration says."""
    warnings.simplefilter("error")
    return row_of_file(folder, text)


class TestImports:
    """What raises before a loop begins: NOT RUN where something is absent, INVALID where it is the file's own doing."""

    @pytest.mark.parametrize(
        ("line", "told", "limit"),
        [
            ("raise ValueError('planted')", "raised ValueError: planted", None),
            ("raise SystemExit(3)", "raised SystemExit: 3", None),
            ("import nothing_of_this_name", "raised ModuleNotFoundError: No module named 'nothing_of_this_name'", None),
            ("while True: pass", "took more than 0.3 s", 0.3),
        ],
    )
    def test_a_file_that_raises_is_invalid(self, tmp_path: Path, line: str, told: str, limit: float | None) -> None:
        row = row_of_file(tmp_path, f"{line}\n{LOOP}", time_limit=limit)
        assert (row.verdict, row.reason) == ("INVALID", f"its file {told} when it was imported")

    def test_a_function_that_is_not_there_once_the_file_has_run(self, tmp_path: Path) -> None:
        row = row_of_file(tmp_path, LOOP + "\ndel descend\n")
        assert row.verdict == "INVALID"
        assert "AttributeError" in row.reason

    @pytest.mark.parametrize(
        ("body", "verdict"),
        [
            ("import nothing_of_this_name", "NOT RUN"),
            ("raise OSError('libplanted.so: cannot open shared object file')", "NOT RUN"),
            ("from numpy import nothing_of_this_name", "INVALID"),
        ],
        ids=["an extra", "a library", "what the framework lacks"],
    )
    def test_a_road_of_the_suite(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, verdict: str
    ) -> None:
        written(tmp_path, body, "planted_road.py")
        monkeypatch.syspath_prepend(tmp_path)
        row = row_of("planted_road:descend")
        assert row.verdict == verdict
        assert re.search("nothing_of_this_name|libplanted", row.reason)

    @pytest.mark.parametrize("error", [OSError("planted.dll"), ImportError("planted"), RuntimeError("jaxlib planted")])
    def test_a_framework_that_cannot_be_imported(self, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
        def broken(_name: str) -> Any:
            raise error

        monkeypatch.setattr("gradagree.runtime.frameworks.framework", broken)
        row = row_of("impls.numpy_analytic:descend")
        assert row.verdict == "NOT RUN"
        assert row.reason == f"numpy is installed, and cannot be imported: {type(error).__name__}: {error}"


class TestSessions:
    def test_a_session_that_cannot_be_had_is_invalid(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuses(*_: Any) -> Any:
            raise RuntimeError("planted")

        monkeypatch.setattr("gradagree.runtime.frameworks.on_numpy.Numpy.session", refuses)
        row = row_of("impls.numpy_analytic:descend")
        assert (row.verdict, row.reason) == ("INVALID", "numpy on cpu raised RuntimeError: planted, outside the loop")

    def test_inputs_that_are_gone_are_a_fault(self, short: Problem) -> None:
        pytest.importorskip("jax")

        def deletes(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
            end = yield from load("impls.jax_grad:descend")(x, y, w, b, lr, steps)
            y.delete()
            return tuple(part + 0 for part in end)

        (fault,) = recorded(deletes, short, "jax").protocol_errors
        assert str(fault).startswith("y: the array handed in is gone (")


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
    def test_the_roads_of_the_suite_do_not_warn(self, entry: registry.Implementation, short: Problem) -> None:
        pytest.importorskip(entry.framework)
        assert recorded(load(entry.target), short, entry.framework).protocol_errors == ()


class TestTheSecondRun:
    """State that the first run leaves behind shows in the second."""

    def test_a_second_run_that_is_wrong_disagrees(self, tmp_path: Path) -> None:
        row = row_of_file(tmp_path, TWICE.replace("GRADIENT", "dw * (1 if runs == 1 else 1.01)"))
        assert row.verdict == "DISAGREES"
        assert row.reason.startswith("step 0, w.grad[0, 0]: got ")
        assert row.repeated is False

    def test_a_second_run_that_raises_is_invalid(self, tmp_path: Path) -> None:
        row = row_of_file(tmp_path, TWICE.replace("GRADIENT", "dw / (runs == 1 and 1 or None)"))
        assert row.verdict == "INVALID"
        assert row.reason.startswith("step 0: raised TypeError")

    def test_a_second_run_of_other_bits_agrees_and_is_told(self, tmp_path: Path) -> None:
        row = row_of_file(tmp_path, TWICE.replace("GRADIENT", "dw if runs == 1 else np.nextafter(dw, 0 * dw)"))
        assert (row.verdict, row.reason, row.repeated) == ("AGREES", "", False)

    def test_a_second_run_of_the_same_bits(self, tmp_path: Path) -> None:
        row = row_of_file(tmp_path, TWICE.replace("GRADIENT", "dw"))
        assert (row.verdict, row.repeated) == ("AGREES", True)

    def test_after_a_fault_there_is_none(self, tmp_path: Path) -> None:
        row = row_of_file(tmp_path, TWICE.replace("GRADIENT", "dw.T[0]"))
        assert (row.verdict, row.repeated) == ("INVALID", None)
