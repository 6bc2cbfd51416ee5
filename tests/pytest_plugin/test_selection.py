"""Sessions of pytest whose options choose cells; what leaves none, or names what there is not, ends in a sentence."""

import re

import pytest

from tests.support.checking import LOOP, written
from tests.support.matrix import project

pytest_plugins = ["pytester"]

SMALL = ("--impl", "numpy_analytic", "--problem", "single_row")
SECOND = """
def test_second(second_row):
    assert second_row.verdict == "AGREES"
"""
OTHER = """
import sys

def test_other():
    assert not {"torch", "jax"} & {*sys.modules}
"""
INI = """
[pytest]
gradagree_cells =
    test_agreement.py
    test_second.py::test_second
"""


@pytest.fixture
def matrix(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    return project(pytester, monkeypatch)


@pytest.fixture
def suite(matrix: pytest.Pytester) -> pytest.Pytester:
    """A project that has tests of second derivatives and others too, and says which are of cells."""
    matrix.makepyfile(test_second=SECOND, test_other=OTHER)
    matrix.makefile(".ini", pytest=INI)
    return matrix


def collected(matrix: pytest.Pytester, *arguments: str) -> list[str]:
    """The cells, or tests, that a run would run."""
    lines = matrix.runpytest("--collect-only", "-q", *arguments).outlines
    return [found[1] for line in lines if (found := re.match(r"test_\w+\.py::\w+?(?:\[(.+)\])?$", line))]


class TestLists:
    def test_commas_and_repetition_are_one(self, matrix: pytest.Pytester) -> None:
        lists = ("--dtype", "float32,float64", "--problem", "single_row, probe97")
        repeated = ("--dtype=float32", "--dtype=float64", "--problem=single_row", "--problem=probe97")
        twice = (*lists, "--dtype", "float64,float32", "--problem", "probe97")
        found = collected(matrix, "--impl", "numpy_analytic,torch_manual", *lists)
        assert sorted(found) == [
            f"{implementation}-cpu-{dtype}-{problem}"
            for implementation in ("numpy_analytic", "torch_manual")
            for dtype in ("float32", "float64")
            for problem in ("probe97", "single_row")
        ]
        assert collected(matrix, "--impl=torch_manual", "--impl=numpy_analytic", *repeated) == found
        assert collected(matrix, "--impl=torch_manual,numpy_analytic", *twice) == found

    def test_auto_is_what_is_there(self, matrix: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gradagree.runtime.devices.present", lambda: ("cpu", "cuda"))
        small = ("--impl", "torch_manual", "--dtype", "float32", "--problem", "single_row")
        cpu, cuda = (f"torch_manual-{device}-float32-single_row" for device in ("cpu", "cuda"))
        assert collected(matrix, *small) == [cpu, cuda]
        assert collected(matrix, *small, "--device", "auto") == [cpu, cuda]
        assert collected(matrix, *small, "--device", "auto,cuda") == [cpu, cuda]
        assert collected(matrix, *small, "--device", "cuda") == [cuda]

    def test_a_file_is_beside_the_names(self, matrix: pytest.Pytester) -> None:
        written(matrix.path, LOOP)
        small = ("--dtype", "float64", "--problem", "single_row")
        named = collected(matrix, "--impl", "numpy_analytic,my_loop.py:descend", *small)
        assert named == ["numpy_analytic-cpu-float64-single_row", "numpy_my_loop_descend-cpu-float64-single_row"]
        beside = collected(matrix, "--impl", "my_loop.py", *small)
        assert {*named} < {*beside}
        assert {*beside} - {*collected(matrix, *small)} == {named[1]}


class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["--impl", "numpy_analytical"], "--impl: got 'numpy_analytical', near numpy_analytic; one of "),
            (["--impl", "nowhere.py"], "--impl *nowhere.py: there is no such file; the path of a Python file will do"),
            (["--dtype", "float32,flaot64"], "--dtype: got 'flaot64', near float64; one of "),
            (["--device", "gpu"], "--device: got 'gpu'; one of auto, cpu, "),
            (["--device", "tpu"], "--device tpu: there is no such device on this machine, only cpu"),
            (["--require", "tpu"], "--require tpu: there is no such device on this machine, only cpu"),
            (["--problem", "single_raw"], "--problem: got 'single_raw', near single_row; one of "),
            (["--require", "cpu,abacus"], "--require: got 'abacus'; one of cpu, "),
            (["--depth", "deep"], "--depth: got 'deep'; one of quick, full will do"),
            ([*SMALL, "--dtype", "bfloat16"], "the options * leave no cell: numpy_analytic runs in float32, "),
        ],
    )  # fmt: skip
    def test_one_sentence(
        self, matrix: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
    ) -> None:
        monkeypatch.setattr("gradagree.runtime.devices.present", lambda: ("cpu",))
        result = matrix.runpytest(*arguments)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        (line,) = [line for line in result.errlines if line]
        assert re.match("ERROR: " + re.escape(sentence).replace(r"\*", ".*"), line)
        assert not [line for line in result.outlines if line]

    def test_workers_do_not_repeat_it(self, matrix: pytest.Pytester) -> None:
        result = matrix.runpytest_subprocess("-n", "2", *SMALL, "--dtype", "bfloat16")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert len([line for line in result.errlines if line]) == 1

    def test_what_is_required_and_absent_fails(self, suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of second derivatives too."""
        monkeypatch.setattr("gradagree.runtime.frameworks.installed", lambda name: name != "torch")
        one = ("--dtype", "float32", "--problem", "targets", "-k", "torch_hessian")
        others = suite.runpytest(*one)
        others.assert_outcomes(skipped=1, deselected=others.parseoutcomes()["deselected"])
        result = suite.runpytest(*one, "--require", "torch,numpy")
        result.assert_outcomes(errors=1, deselected=result.parseoutcomes()["deselected"])
        result.stdout.fnmatch_lines(["*NOT RUN, though required: torch is not installed*"])


class TestWhatIsRun:
    def test_options_that_choose_run_cells_alone(self, suite: pytest.Pytester) -> None:
        assert collected(suite, "--impl", "numpy_einsum,torch_hessian", "--dtype=float32", "--problem=targets") == [
            "numpy_einsum-cpu-float32-targets", "torch_hessian-cpu-float32-targets"
        ]  # fmt: skip

    @pytest.mark.parametrize("arguments", [[], ["--device", "auto"], ["--require", "numpy"], ["-k", "other"]])
    def test_without_them_all_tests_are_run(self, suite: pytest.Pytester, arguments: list[str]) -> None:
        assert None in collected(suite, *arguments)

    def test_a_path_that_is_given_is_run(self, suite: pytest.Pytester) -> None:
        assert collected(suite, *SMALL, "test_other.py") == [None]

    def test_a_test_without_cells_is_not_skipped_but_left_out(self, suite: pytest.Pytester) -> None:
        suite.runpytest(*SMALL, "--dtype", "float32").assert_outcomes(passed=1, deselected=1)


class TestNothingLeft:
    SENTENCE = "-k 'flaot64' matches no test here, near float64; cells are called as numpy_analytic-cpu-*"

    @pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
    def test_it_is_told_what_matches(self, matrix: pytest.Pytester, workers: tuple[str, ...]) -> None:
        run = matrix.runpytest_subprocess if workers else matrix.runpytest
        result = run(*workers, *SMALL, "-k", "flaot64")
        assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
        assert result.stdout.str().count("matches no test here") == 1
        result.stdout.fnmatch_lines([self.SENTENCE])

    def test_a_run_of_other_tests_is_left_alone(self, suite: pytest.Pytester) -> None:
        result = suite.runpytest("test_other.py", "-k", "nonsense")
        assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
        result.stdout.no_fnmatch_line("*cells are called*")

    def test_some_that_are_left_are_enough(self, matrix: pytest.Pytester) -> None:
        matrix.runpytest(*SMALL, "-k", "float64").stdout.no_fnmatch_line("*cells are called*")

    def test_cells_that_were_not_collected(self, suite: pytest.Pytester) -> None:
        result = suite.runpytest("--impl", "torch_hessian", "test_agreement.py")
        assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
        result.stdout.fnmatch_lines(
            [
                "the options --impl torch_hessian leave no cell in what was collected; a run without paths, or with "
                "those of cells such as torch_hessian-cpu-float64-probe97, will do"
            ]
        )
