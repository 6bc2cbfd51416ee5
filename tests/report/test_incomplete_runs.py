"""A cell without a row is never passed over, whatever became of its process, its run or its disk."""

from __future__ import annotations

import json
import os
import resource
import sys

import pytest

from gradagree.__main__ import main
from gradagree.matrix import registry
from gradagree.matrix.options import SelectionOptions
from gradagree.matrix.row import Row
from gradagree.matrix.selection import Selection
from gradagree.report.reader import read
from gradagree.report.run import Run
from gradagree.report.tally import cells_of
from tests.support.checking import LOOP, changed, written
from tests.support.matrix import project
from tests.support.rows import GOOD
from tests.support.rows import written as rows_in

pytest_plugins = ["pytester"]

LOOPS = ("--impl", "my_loop.py,numpy_analytic", "--problem", "probe97", "-p", "no:cacheprovider")
CELLS = (*LOOPS, "--dtype", "float32,float64")
DYING = "numpy_my_loop_descend-cpu-float64-probe97"
FIRST = "    for _ in range(steps):\n"


@pytest.fixture
def matrix(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    return project(pytester, monkeypatch)


def dying(matrix: pytest.Pytester, statement: str) -> None:
    """A session whose process does something where a loop of the user's is to run in float64."""
    written(matrix.path, LOOP)
    matrix.makeconftest(
        f"""
        import os, signal, pytest
        pytest_plugins = ["gradagree.pytest_plugin.plugin"]

        def pytest_runtest_setup(item):
            if "numpy_my_loop_descend-cpu-float64" in item.name:
                {statement}
        """
    )


def only_run(matrix: pytest.Pytester) -> Run:
    (run,) = read(matrix.path / "run.jsonl")
    return run


def row_of(run: Run, cell: str) -> Row:
    (found,) = [row for row in run.rows if row.cell == cell]
    return found


DEATHS = [("os._exit(0)", "with status 0", 0), ("os.kill(os.getpid(), signal.SIGSEGV)", "by signal 11", -11)]


class TestCellsByName:
    """The controller of pytest-xdist has the items' names alone."""

    SELECTION = Selection(SelectionOptions(), registry.first_order(), registry.second_order(), (), ("cpu",))

    @pytest.mark.parametrize(
        "name",
        [
            "numpy_gram-cpu-float32-tails_params_17",
            "numpy_gram-cpu-float32-tails_params_17_0",
            "first-numpy_gram-cpu-float32-tails_params_17-second",
        ],
        ids=["as ours", "numbered", "with parameters"],
    )
    def test_every_name_of_an_item_tells_its_cell(self, name: str) -> None:
        item = f"tests/test_agreement.py::test_agreement[{name}]"
        (cell,) = cells_of([item, "tests/test_other.py::test[1-float32]"], self.SELECTION).values()
        assert str(cell) == "numpy_gram-cpu-float32-tails_params_17"

    def test_every_cell_is_told(self) -> None:
        cells = [*self.SELECTION.cells(), *self.SELECTION.second_cells()]
        found = cells_of([f"test.py::test[{cell}]" for cell in cells], self.SELECTION)
        assert list(found.values()) == cells


class TestAProcessThatDies:
    @pytest.mark.parametrize(("statement", "ended", "_status"), DEATHS, ids=["success", "signal"])
    def test_under_xdist_its_cell_is_invalid_and_the_others_go_on(
        self, matrix: pytest.Pytester, statement: str, ended: str, _status: int
    ) -> None:
        dying(matrix, statement)
        result = matrix.runpytest_subprocess(*CELLS, "-n", "1", "--report", "run.jsonl")
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        run = only_run(matrix)
        assert (run.chosen, run.missing, run.whole, run.warnings) == (4, 0, True, [])
        found = row_of(run, DYING)
        assert (found.verdict, found.reason) == ("INVALID", f"its process ended {ended}")
        assert (found.framework, found.steps, found.rows) == ("numpy", 200, 97)
        assert sorted(row.verdict for row in run.rows) == ["AGREES", "AGREES", "AGREES", "INVALID"]
        result.stdout.fnmatch_lines(["numpy_my_loop_descend *float64 * INVALID", f"    its process ended {ended}"])

    @pytest.mark.parametrize(("statement", "_ended", "status"), DEATHS, ids=["success", "signal"])
    def test_without_xdist_the_file_has_no_end_and_its_readers_say_so(
        self,
        matrix: pytest.Pytester,
        capsys: pytest.CaptureFixture[str],
        statement: str,
        _ended: str,
        status: int,
    ) -> None:
        dying(matrix, statement)
        result = matrix.runpytest_subprocess(*CELLS, "--report", "run.jsonl")
        assert result.ret == status
        run = only_run(matrix)
        assert (run.chosen, run.whole, len(run.rows) + (run.missing or 0)) == (4, False, 4)
        assert run.missing
        (warning,) = run.warnings
        assert f"interrupted after {len(run.rows)} of 4 cells" in warning
        capsys.readouterr()
        assert main(["report", str(matrix.path / "run.jsonl"), "--markdown", "-"]) == 1
        assert capsys.readouterr().err == f"incomplete: {warning}\n"

    @pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
    def test_run_of_an_implementation_of_the_suite_that_hangs_ends_and_says_where(
        self, matrix: pytest.Pytester, workers: tuple[str, ...]
    ) -> None:
        matrix.makeconftest(
            """
            import time
            from impls import numpy_analytic
            pytest_plugins = ["gradagree.pytest_plugin.plugin"]
            numpy_analytic.descend = lambda *_: time.sleep(600)
            """
        )
        one = ("--impl", "numpy_analytic", "--problem", "probe97", "--dtype", "float64", "--cell-timeout", "0.1")
        result = matrix.runpytest_subprocess(*one, *workers, "--report", "run.jsonl")
        assert result.ret == 1
        result.stderr.fnmatch_lines(["Timeout (0:00:00.*", "*plugin.py* in row"])
        assert [row.reason for row in only_run(matrix).rows] == ([
            "its process ended with status 1, as it does where a cell of the suite's takes three times --cell-timeout"
        ] if workers else [])  # fmt: skip

    def test_after_its_verdict_it_is_invalid_all_the_same(self, matrix: pytest.Pytester) -> None:
        matrix.makeconftest(
            f"""
            import os
            pytest_plugins = ["gradagree.pytest_plugin.plugin"]

            def pytest_runtest_teardown(item):
                if "{DYING}" in item.name:
                    os._exit(3)
            """
        )
        written(matrix.path, LOOP)
        result = matrix.runpytest_subprocess(*CELLS, "-n", "1", "--report", "run.jsonl")
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        *_, last = [row for row in only_run(matrix).rows if row.cell == DYING]
        assert last.reason == "its process ended with status 3, after it had been found AGREES"
        assert result.stdout.str().count("numpy_my_loop_descend  cpu     float64") == 1

    def test_cells_that_no_worker_is_left_for_are_missing(self, matrix: pytest.Pytester) -> None:
        dying(matrix, "os._exit(7)")
        more = (*LOOPS, "--dtype", "float64,float32", "--problem", "offset,scales")
        result = matrix.runpytest_subprocess(*more, "-n", "1", "--max-worker-restart", "0", "--report", "run.jsonl")
        assert result.ret not in (0, pytest.ExitCode.NO_TESTS_COLLECTED)
        run = only_run(matrix)
        assert run.missing == (run.chosen or 0) - len(run.rows) > 0
        assert not run.whole
        assert "was stopped before its end" in run.warnings[0]
        result.stdout.fnmatch_lines([f"error: the run was stopped before its end, *: {run.missing} of {run.chosen} *"])


class TestARunThatIsNotWhole:
    @pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
    def test_stopped_by_x(self, matrix: pytest.Pytester, workers: tuple[str, ...]) -> None:
        written(matrix.path, changed(FIRST, f"    if x.dtype == 'float64': raise ValueError\n{FIRST}"))
        cells = (*LOOPS, "--dtype", "float64,float32", "--problem", "offset,scales,targets")
        matrix.runpytest_subprocess(*cells, "-x", *workers, "--report", "run.jsonl")
        run = only_run(matrix)
        end = json.loads((matrix.path / "run.jsonl").read_text().splitlines()[-1])
        assert (end["kind"], end["ended"], end["exit_status"]) == ("end", "stopped", 2 if workers else 1)
        assert run.missing == end["missing"] == (run.chosen or 0) - len(run.rows) > 0
        assert not run.whole

    def test_an_exit_that_calls_itself_a_success_is_none(self, matrix: pytest.Pytester) -> None:
        dying(matrix, "pytest.exit('enough', returncode=0)")
        assert matrix.runpytest(*CELLS, "--report", "run.jsonl").ret == pytest.ExitCode.TESTS_FAILED
        assert not only_run(matrix).whole

    @pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
    @pytest.mark.parametrize(
        ("ending", "verdict", "reason"),
        [
            ("raise ValueError('planted')", "INVALID", "its test failed before the cell had a row: *planted"),
            ("pytest.skip('planted')", "NOT RUN", "its test was skipped: planted"),
        ],
    )
    def test_a_test_that_ends_before_its_cell_has_a_row(
        self, matrix: pytest.Pytester, workers: tuple[str, ...], ending: str, verdict: str, reason: str
    ) -> None:
        dying(matrix, ending)
        matrix.runpytest_subprocess(*CELLS, *workers, "--report", "run.jsonl")
        run = only_run(matrix)
        assert (len(run.rows), run.whole) == (4, True)
        found = row_of(run, DYING)
        assert found.verdict == verdict
        begin, _, end = reason.partition("*")
        assert found.reason.startswith(begin)
        assert found.reason.endswith(end)


class TestWhatWasNamed:
    def test_an_implementation_that_is_not_run_fails_though_others_agree(self, matrix: pytest.Pytester) -> None:
        pytest.importorskip("jax")
        two = ("--impl", "numpy_analytic,jax_tf32", "--problem", "probe97", "--dtype", "float32", "--device", "auto")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("gradagree.runtime.devices.present", lambda: ("cpu",))
            result = matrix.runpytest(*two)
            result.assert_outcomes(passed=1, errors=1)
            result.stdout.fnmatch_lines(["NOT RUN, though --impl names it: *", "error: --impl jax_tf32: all of its *"])
            assert matrix.runpytest("-k", "numpy_analytic or jax_tf32", *two[2:]).ret == 0

    def test_where_no_cell_is_run_nothing_is_green(
        self, matrix: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gradagree.runtime.frameworks.installed", lambda name: name != "numpy")
        result = matrix.runpytest("-k", "numpy_analytic", "--problem", "probe97", "--report", "run.jsonl")
        assert "skipped" in result.parseoutcomes()
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        result.stdout.fnmatch_lines(["error: no cell was run: all * are NOT RUN; numpy is not installed"])
        assert "no cell was run" in only_run(matrix).warnings[0]

    def test_a_device_whose_frameworks_are_absent_is_not_run(
        self, matrix: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import impls

        here, there = (
            impls.Implementation(f"{framework}_{name}", "", (device,), ("float32",))
            for framework, name, device in (("numpy", "analytic", "cpu"), ("torch", "manual", "cuda"))
        )
        monkeypatch.setattr(impls, "IMPLEMENTATIONS", (here, there))
        monkeypatch.setattr("gradagree.runtime.devices.present", lambda: ("cpu", "cuda"))
        monkeypatch.setattr("gradagree.runtime.frameworks.installed", lambda name: name != "torch")
        result = matrix.runpytest("--device", "cpu,cuda", "--problem", "probe97")
        result.assert_outcomes(passed=1, skipped=1)
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        result.stdout.fnmatch_lines(["error: --device cuda: all of its cells, 1, are NOT RUN; torch is not installed"])


class TestTheFile:
    SMALL = ("--impl", "numpy_analytic", "--problem", "probe97", "--dtype", "float32", "-p", "no:cacheprovider")

    @pytest.mark.parametrize("more", [["--collect-only"], ["--help"], ["-k", "nonsense"], ["--setup-plan"]], ids=str)
    def test_is_left_as_it_is_where_nothing_is_run(self, matrix: pytest.Pytester, more: list[str]) -> None:
        before = rows_in(matrix.path / "run.jsonl", GOOD).read_bytes()
        matrix.runpytest(*self.SMALL, "--report", "run.jsonl", *more)
        assert (matrix.path / "run.jsonl").read_bytes() == before
        matrix.runpytest(*self.SMALL, "--report", "new.jsonl", *more)
        assert not (matrix.path / "new.jsonl").exists()

    def test_is_left_as_it_is_where_collection_fails(self, matrix: pytest.Pytester) -> None:
        before = rows_in(matrix.path / "run.jsonl", GOOD).read_bytes()
        matrix.makepyfile(test_broken="syntax error")
        matrix.runpytest(*self.SMALL, "--report", "run.jsonl", "test_agreement.py", "test_broken.py")
        assert (matrix.path / "run.jsonl").read_bytes() == before

    def test_of_an_older_run_is_replaced(self, matrix: pytest.Pytester) -> None:
        rows_in(matrix.path / "run.jsonl", GOOD, GOOD)
        matrix.runpytest(*self.SMALL, "--report", "run.jsonl")
        assert [row.implementation for row in only_run(matrix).rows] == ["numpy_analytic"]
        assert [path.name for path in matrix.path.glob(".run*")] == []

    def test_that_holds_something_else_is_not_replaced(self, matrix: pytest.Pytester) -> None:
        before = written(matrix.path, LOOP).read_bytes()
        result = matrix.runpytest(*self.SMALL, "--report", "my_loop.py")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(
            ["*--report my_loop.py: it holds something else than rows, *; another name will do"]
        )
        assert (matrix.path / "my_loop.py").read_bytes() == before

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
    def test_on_a_full_disk_costs_a_sentence_and_the_exit_status(self, matrix: pytest.Pytester) -> None:
        result = matrix.runpytest(*self.SMALL, "--report=/dev/full")
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        result.assert_outcomes(passed=1)
        result.stdout.fnmatch_lines(
            [
                "error: --report /dev/full: No space left on device; none of this run's rows is there, and the *",
                "numpy_analytic * AGREES",
            ]
        )
        result.stdout.no_fnmatch_line("*INTERNALERROR*")
        result.stdout.no_fnmatch_line("* rows in *")

    @pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
    def test_on_a_disk_that_fills_up_keeps_what_was_written(self, matrix: pytest.Pytester) -> None:
        """A limit on the size of files stands in for the disk's end."""
        matrix.makeconftest(
            f"""
            import resource
            pytest_plugins = ["gradagree.pytest_plugin.plugin"]

            def pytest_runtest_teardown(item):
                if "float32" in item.name:
                    size = os.path.getsize("run.jsonl") + 100
                    resource.setrlimit(resource.RLIMIT_FSIZE, (size, {resource.RLIM_INFINITY}))
            import os
            """
        )
        small = (*self.SMALL, "--dtype", "float32,float64")
        result = matrix.runpytest_subprocess(*small, "--report", "run.jsonl")
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        result.assert_outcomes(passed=2)
        result.stdout.fnmatch_lines(["error: --report run.jsonl: File too large; its last rows are not there, *"])
        run = only_run(matrix)
        assert [row.dtype for row in run.rows] == ["float32"]
        assert "the last line is cut off" in run.warnings[0]
