"""`pytest --report`: one file, whatever becomes of the run; JUnit's properties; the line that says how far."""

import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from gradagree.report import progress
from gradagree.report.reader import read
from gradagree.report.recorder import properties
from tests.support.matrix import project
from tests.support.rows import row

pytest_plugins = ["pytester"]

ONE = ("-k", "numpy_analytic", "--problem", "probe97", "-p", "no:cacheprovider", "--dtype", "float32")
TWO = (*ONE, "--dtype", "float64")


@pytest.fixture
def matrix(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    return project(pytester, monkeypatch)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_report_holds_every_row_and_the_options(matrix: pytest.Pytester, workers: tuple[str, ...]) -> None:
    result = matrix.runpytest_subprocess(*TWO, *workers, "--report", "deep/run.jsonl")
    result.stdout.fnmatch_lines([f"2 rows in deep{os.sep}run.jsonl"])
    (run,) = read(matrix.path / "deep" / "run.jsonl")
    assert run.whole
    assert sorted((row.dtype, row.verdict) for row in run.rows) == [("float32", "AGREES"), ("float64", "AGREES")]
    assert all(row.rows == 97 and row.bits and row.curves for row in run.rows)
    flags = run.header["flags"]
    assert (flags["problem"], flags["dtype"]) == (["probe97"], ["float32", "float64"])
    assert flags["keyword"] == "numpy_analytic"
    assert "require" not in flags


def test_report_of_an_interrupted_run_keeps_what_it_had(matrix: pytest.Pytester) -> None:
    """The first cell finishes, the second is interrupted: the file holds one row, and an end that says so."""
    matrix.makeconftest(
        """
        pytest_plugins = ["gradagree.pytest_plugin.plugin"]

        def pytest_runtest_setup(item):
            if "float64" in item.name:
                raise KeyboardInterrupt
        """
    )
    result = matrix.runpytest(*TWO, "--report", "run.jsonl", no_reraise_ctrlc=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    (run,) = read(matrix.path / "run.jsonl")
    assert [row.dtype for row in run.rows] == ["float32"]
    assert not run.whole
    assert run.warnings == [f"{matrix.path / 'run.jsonl'}:3: the run was interrupted: 1 of 2 cells have no row"]
    result.stdout.fnmatch_lines(["error: the run was interrupted: 1 of 2 cells have no row: numpy_analytic-cpu-float*"])


def test_report_has_a_row_before_the_next_cell_begins(matrix: pytest.Pytester) -> None:
    matrix.makeconftest(
        """
        import pathlib
        pytest_plugins = ["gradagree.pytest_plugin.plugin"]

        def pytest_runtest_setup(item):
            if "float64" in item.name:
                lines = pathlib.Path("run.jsonl").read_text().splitlines()
                assert len(lines) == 2, lines
        """
    )
    result = matrix.runpytest(*TWO, "--report", "run.jsonl")
    assert result.parseoutcomes()["passed"] == 2


def test_report_at_a_path_that_cannot_be_written_is_an_error_at_once(matrix: pytest.Pytester) -> None:
    (matrix.path / "file").touch()
    result = matrix.runpytest(*TWO, "--report", "file/run.jsonl")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--report file*run.jsonl: *; a file in a folder that can be written will do"])


def test_junit_has_the_figures(matrix: pytest.Pytester) -> None:
    import xml.etree.ElementTree as ElementTree

    matrix.runpytest(*ONE, "--junitxml", "junit.xml")
    case = ElementTree.parse(matrix.path / "junit.xml").find(".//testcase")
    assert case is not None
    found = {entry.get("name"): entry.get("value") for entry in case.iter("property")}
    assert found["gradagree.verdict"] == "AGREES"
    assert 0 < float(found["gradagree.gradient"] or "nan") < 1
    assert float(found["gradagree.resolution"] or "nan") > 0
    assert found["gradagree.repeated"] == "true"


@pytest.mark.parametrize(("repeated", "told"), [(True, ["true"]), (False, ["false"]), (None, [])])
def test_junit_has_whether_a_cell_repeated(repeated: bool | None, told: list[str]) -> None:
    found = properties(row(repeated=repeated))
    assert [value for name, value in found if name == "gradagree.repeated"] == told


class TestProgress:
    @pytest.mark.parametrize(
        ("done", "name", "elapsed", "width", "text"),
        [
            (30, "a-cpu-float32-p", 10.0, 100, " 30/120 cells   25%  about 30 s left  a-cpu-float32-p"),
            (0, "name", 60.0, 100, "  0/120 cells    0%  name"),
            (1, "name", 0.1, 100, "  1/120 cells    1%  name"),
            (30, "a" * 200, 10.0, 40, " 30/120 cells   25%  about 30 s left  …"),
        ],
        ids=["guessing", "nothing done", "too early", "too long"],
    )
    def test_line_says_how_far_which_and_how_long(
        self, done: int, name: str, elapsed: float, width: int, text: str
    ) -> None:
        assert progress.line(done, 120, name, elapsed, width) == text

    @pytest.mark.parametrize(("seconds", "text"), [(59.4, "59 s"), (190, "3 min 10 s"), (7500, "2 h 5 min")])
    def test_duration_is_in_the_largest_units(self, seconds: float, text: str) -> None:
        assert progress.duration(seconds) == text

    @pytest.mark.parametrize(
        ("nodeid", "name"),
        [
            ("tests/test_agreement.py::test_agreement[a-cpu-float32-probe97]", "a-cpu-float32-probe97"),
            ("tests/test_other.py::test_other[float32]", None),
            ("tests/test_other.py::test_other", None),
        ],
    )
    def test_cell_name_is_in_the_item_s(self, nodeid: str, name: str | None) -> None:
        assert progress.cell_name(nodeid) == name

    def test_other_tests_keep_their_letters(self) -> None:
        shown = progress.Progress(terminal=None)  # type: ignore[arg-type]
        shown.total = 3
        other: Any = SimpleNamespace(nodeid="tests/test_other.py::test", when="call", outcome="passed", failed=False)
        assert shown.pytest_report_teststatus(other) is None
        cell: Any = SimpleNamespace(nodeid="t.py::t[a-cpu-float32-p]", when="call", outcome="failed", failed=True)
        assert shown.pytest_report_teststatus(cell) == ("failed", "", "")

    @pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal needs POSIX")
    def test_on_a_terminal_the_line_is_there_and_in_a_log_it_is_not(
        self, matrix: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TERM", "xterm")
        master, terminal = os.openpty()
        command = [sys.executable, "-m", "pytest", "-q", *TWO]
        with subprocess.Popen(command, cwd=matrix.path, stdin=terminal, stdout=terminal, stderr=terminal) as running:
            os.close(terminal)
            text = b"".join(iter(lambda: _part(master), b"")).decode()
        os.close(master)
        assert running.returncode == 0
        assert "\r1/2 cells   50%  numpy_analytic-cpu-float32-probe97" in text
        assert "2 passed" in text
        log = matrix.runpytest(*TWO)  # no terminal
        log.stdout.no_fnmatch_line("*1/2 cells*")
        log.stdout.fnmatch_lines(["test_agreement.py ..*"])


def _part(descriptor: int) -> bytes:
    """What comes next out of a terminal; Linux reports its end as an error."""
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""
