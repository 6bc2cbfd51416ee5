"""Running a cell: whatever outside code does, there is a row that says it."""

from __future__ import annotations

import dataclasses
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gradagree.matrix import registry
from gradagree.matrix.cells import Cell
from gradagree.matrix.loading import Workers, load
from gradagree.matrix.row import Row
from gradagree.matrix.running import run_cell
from gradagree.runtime.worker import client, process
from reference import problems
from reference.problem import Problem
from tests.support.checking import LOOP, TIME_IS_UP, changed, written
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


def row_of(target: str, workers: Workers | None = None) -> Row:
    return run_cell(Cell(on_trial(target), "cpu", "float32", "probe97"), workers)


def row_of_file(folder: Path, text: str) -> Row:
    return row_of(f"{written(folder, text)}:descend")


@pytest.fixture
def row_of_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Row]]:
    """The row of a loop that is imported here, as the suite's own are."""
    monkeypatch.syspath_prepend(tmp_path)

    def row(text: str) -> Row:
        written(tmp_path, text, "planted_loop.py")
        return row_of("planted_loop:descend")

    yield row
    sys.modules.pop("planted_loop", None)


class TestImports:
    """What raises before a loop begins: NOT RUN where something is absent, INVALID where it is the file's own doing."""

    @pytest.mark.parametrize(
        ("line", "told"),
        [
            ("raise ValueError('planted')", "raised ValueError: planted"),
            ("raise SystemExit(3)", "raised SystemExit: 3"),
            ("import nothing_of_this_name", "raised ModuleNotFoundError: No module named 'nothing_of_this_name'"),
            ("del descend", "raised AttributeError: module 'checked_my_loop' has no attribute 'descend'"),
            ("import os; os._exit(0)", "did not get to its end (its process ended with status 0 before the loop did)"),
            ("while True: pass", "took more than 0.3 s"),
        ],
    )
    def test_run_cell_of_a_file_that_does_not_load_is_invalid(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, told: str
    ) -> None:
        if line.startswith("while"):
            monkeypatch.setattr(client, "IMPORT", 0.3)
            monkeypatch.setattr(process, "GRACE", 0.0)
        with Workers(0.3 if line.startswith("while") else 600.0) as workers:
            row = row_of(f"{written(tmp_path, LOOP + line)}:descend", workers)
        assert (row.verdict, row.reason) == ("INVALID", f"its file {told} when it was imported")

    @pytest.mark.parametrize(
        ("body", "verdict", "told"),
        [
            ("import nothing_of_this_name", "NOT RUN", "what it imports is not here: ModuleNotFoundError: "),
            ("raise OSError('libplanted.so: cannot open')", "NOT RUN", "what it imports is not here: OSError: libpl"),
            ("from numpy import nothing_of_this_name", "INVALID", "its file raised ImportError: cannot import name"),
            ("raise ValueError('planted')", "INVALID", "its file raised ValueError: planted when it was imported"),
        ],
        ids=["an extra", "a library", "what the framework lacks", "else"],
    )
    def test_run_cell_of_a_module_of_the_suite_that_does_not_load(
        self, row_of_module: Callable[[str], Row], body: str, verdict: str, told: str
    ) -> None:
        row = row_of_module(body)
        assert row.verdict == verdict
        assert row.reason.startswith(told)

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

    @pytest.mark.parametrize("in_a_worker", [True, False])
    @pytest.mark.parametrize(
        ("text", "category"),
        [
            (changed("        e = x", "        import warnings; warnings.warn('planted')\n        e = x"), UserWarning),
            (f"import warnings\nwarnings.warn('planted', DeprecationWarning)\n{LOOP}", DeprecationWarning),
        ],
        ids=["while it runs", "when it is imported"],
    )
    def test_run_cell_of_a_loop_that_warns_agrees_and_is_heard(
        self,
        tmp_path: Path,
        row_of_module: Callable[[str], Row],
        text: str,
        category: type[Warning],
        in_a_worker: bool,
    ) -> None:
        def strictly() -> Row:
            warnings.simplefilter("error")  # inside `pytest.warns` they are none, whatever the configuration says
            return row_of_file(tmp_path, text) if in_a_worker else row_of_module(text)

        with pytest.warns(category, match="planted"):
            row = strictly()
        assert (row.verdict, row.reason) == ("AGREES", "")

    @pytest.mark.parametrize("entry", LIGHT, ids=lambda entry: entry.name)
    def test_the_roads_of_the_suite_do_not_warn(self, entry: registry.Implementation, short: Problem) -> None:
        pytest.importorskip(entry.framework)
        assert recorded(load(entry.target), short, entry.framework).protocol_errors == ()


class TestTheSecondRun:
    """State that the first run leaves behind shows in the second."""

    def test_a_second_run_that_is_wrong_disagrees(self, row_of_module: Callable[[str], Row]) -> None:
        row = row_of_module(TWICE.replace("GRADIENT", "dw * (1 if runs == 1 else 1.01)"))
        assert row.verdict == "DISAGREES"
        assert row.reason.startswith("step 0, w.grad[0, 0]: got ")
        assert row.repeated is False

    def test_a_second_run_that_raises_is_invalid(self, row_of_module: Callable[[str], Row]) -> None:
        row = row_of_module(TWICE.replace("GRADIENT", "dw / (runs == 1 and 1 or None)"))
        assert row.verdict == "INVALID"
        assert row.reason.startswith("step 0: raised TypeError")

    def test_a_second_run_of_other_bits_agrees_and_is_told(self, row_of_module: Callable[[str], Row]) -> None:
        row = row_of_module(TWICE.replace("GRADIENT", "dw if runs == 1 else np.nextafter(dw, 0 * dw)"))
        assert (row.verdict, row.reason, row.repeated) == ("AGREES", "", False)

    def test_a_second_run_of_the_same_bits(self, row_of_module: Callable[[str], Row]) -> None:
        row = row_of_module(TWICE.replace("GRADIENT", "dw"))
        assert (row.verdict, row.repeated) == ("AGREES", True)

    def test_after_a_fault_there_is_none(self, row_of_module: Callable[[str], Row]) -> None:
        row = row_of_module(TWICE.replace("GRADIENT", "dw.T[0]"))
        assert (row.verdict, row.repeated) == ("INVALID", None)


class TestUsersCode:
    """It runs in a worker, which is kept for the cells that follow."""

    def test_run_cell_of_a_loop_that_ends_its_process_is_invalid_and_the_next_one_agrees(self, tmp_path: Path) -> None:
        dies = changed("    for _", "    import os\n    len(x) == 97 and os._exit(0)\n    for _")
        entry = on_trial(f"{written(tmp_path, dies)}:descend")
        with Workers() as workers:
            rows = [run_cell(Cell(entry, "cpu", "float32", name), workers) for name in ("probe97", "single_row")]
        assert [row.verdict for row in rows] == ["INVALID", "AGREES"]
        assert rows[0].reason == "its process ended with status 0 before the loop did"

    def test_run_cell_of_a_loop_that_does_not_end_is_invalid(self, tmp_path: Path) -> None:
        hangs = TIME_IS_UP + changed("        e = x", "        time_is_up()\n        e = x")
        row = row_of_file(tmp_path, hangs)
        assert (row.verdict, row.repeated) == ("INVALID", None)
        assert row.reason == "step 0: still running after 120 s; fewer steps or a higher limit will do"

    def test_run_cell_finds_no_state_that_another_cell_left(self, tmp_path: Path) -> None:
        entry = on_trial(f"{written(tmp_path, TWICE.replace('GRADIENT', 'dw / (runs < 3)'))}:descend")
        with Workers() as workers:
            rows = [run_cell(Cell(entry, "cpu", "float32", "probe97"), workers) for _ in range(2)]
        assert [row.verdict for row in rows] == ["AGREES", "AGREES"]

    def test_run_cell_shows_what_a_loop_prints(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        prints = changed("    for _", "    print('planted'); import os; os._exit(1)\n    for _")
        assert row_of_file(tmp_path, prints).verdict == "INVALID"
        assert capsys.readouterr().err == "planted\n"
