"""The plugin: selection, demands that cannot be met, and the table that closes a run."""

import pytest

from gradagree.matrix.row import Row
from gradagree.matrix.table import convergence, in_order, summary, table
from tests.support.matrix import project

pytestmark = pytest.mark.sweep

pytest_plugins = ["pytester"]

ROW = Row("torch_manual", "torch", "2.13.0", "cpu", "float32", "stackoverflow", 500, "AGREES", checks=2504,
          gradient=0.0593, update=0.96, final=0.0035, resolution=1.3e-5,
          distance=0.12406, distance_in_theory=0.12404)  # fmt: skip


@pytest.fixture
def matrix(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    return project(pytester, monkeypatch)


def test_selection_by_name_and_option(matrix: pytest.Pytester) -> None:
    result = matrix.runpytest("--collect-only", "-q", "-k", "numpy", "--dtype", "float32", "--problem", "probe97")
    result.stdout.fnmatch_lines(["*[[]numpy_analytic-cpu-float32-probe97[]]"])
    result.stdout.no_fnmatch_line("*torch_manual*")
    result.stdout.no_fnmatch_line("*float64*")


def test_the_table_closes_the_run(matrix: pytest.Pytester) -> None:
    result = matrix.runpytest("-k", "numpy_analytic", "--dtype", "float32", "--problem", "probe97")
    result.assert_outcomes(passed=1, deselected=result.parseoutcomes().get("deselected", 0))
    result.stdout.fnmatch_lines(
        [
            "*= agreement =*",
            "implementation * verdict",
            "numpy_analytic  cpu     float32  probe97  200    1004 * AGREES",
            "probe97: not converged after 200 steps; theory puts *",
            "1 cell: 1 AGREES; 1,004 comparisons with exact numbers",
        ]
    )


def test_a_wrong_claim_fails_its_cell_and_the_others_go_on(
    matrix: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Float32 sold as float64 is found out, by an implementation that lies about its dtype."""
    matrix.makepyfile(
        liar="""
        import numpy as np
        from impls.numpy_analytic import descend as correct

        def descend(x, y, w, b, lr, steps):
            for values in correct(*(a.astype(np.float32) for a in (x, y, w, b)), lr, steps):
                yield tuple(np.asarray(v, dtype=x.dtype) for v in values)
            return values[0].astype(x.dtype), values[1].astype(x.dtype)
        """
    )
    matrix.syspathinsert()
    import impls

    honest = next(entry for entry in impls.IMPLEMENTATIONS if entry.name == "numpy_analytic")
    liar = impls.Implementation("numpy_liar", "", ("cpu",), ("float64",), target="liar:descend")
    monkeypatch.setattr(impls, "IMPLEMENTATIONS", (liar, honest))
    result = matrix.runpytest("--problem", "stackoverflow", "--dtype", "float64")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["numpy_liar *DISAGREES", "    step 0, w.grad*got*exact*allowed*"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--device", "tpu"], "*--device tpu: there is no such device on this machine, only cpu*"),
        (["--require", "tpu"], "*--require tpu: there is no such device on this machine, only cpu*"),
        (["--require", "abacus"], "*--require: got 'abacus'; one of *torch* will do*"),
    ],
)
def test_what_is_demanded_and_absent_is_an_error(
    matrix: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
) -> None:
    monkeypatch.setattr("gradagree.runtime.devices.present", lambda: ("cpu",))
    result = matrix.runpytest(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([sentence])


class TestAbsentFramework:
    @pytest.fixture(autouse=True)
    def absent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gradagree.runtime.frameworks.installed", lambda name: name != "numpy")

    def test_it_is_not_run_and_says_so(self, matrix: pytest.Pytester) -> None:
        result = matrix.runpytest("-k", "numpy_analytic", "--dtype", "float32", "--problem", "probe97")
        result.assert_outcomes(skipped=1, deselected=result.parseoutcomes().get("deselected", 0))
        result.stdout.fnmatch_lines(["numpy_analytic *NOT RUN", "    numpy is not installed"])

    def test_it_fails_where_it_is_required(self, matrix: pytest.Pytester) -> None:
        choice = ("-k", "numpy_analytic", "--dtype", "float32", "--problem", "probe97", "--require", "numpy")
        result = matrix.runpytest(*choice)
        result.assert_outcomes(errors=1, deselected=result.parseoutcomes().get("deselected", 0))
        result.stdout.fnmatch_lines(["*NOT RUN, though required: numpy is not installed*"])


def test_a_device_that_the_framework_does_not_see_is_not_run(
    matrix: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GPU in the machine and a build that cannot use it: named, and no silent fallback to the CPU."""
    import impls

    there = impls.Implementation("numpy_there", "", ("cuda",), ("float32",))
    monkeypatch.setattr(impls, "IMPLEMENTATIONS", (there,))
    monkeypatch.setattr("gradagree.runtime.devices.present", lambda: ("cpu", "cuda"))
    result = matrix.runpytest("--problem", "probe97")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["numpy_there *cuda *NOT RUN", "    numpy * sees no cuda here, only cpu"])


class TestTable:
    def test_a_line_reads_as_documented(self) -> None:
        line = "torch_manual cpu float32 stackoverflow 500 2504 0.059 0.96 0.0035 1e-05 AGREES"
        assert table([ROW])[1].split() == line.split()

    def test_a_blind_pass_is_called_blind_and_a_blind_failure_is_not(self) -> None:
        from dataclasses import replace

        passed, failed = replace(ROW, blind=("final",)), replace(ROW, blind=("final",), final=3.0)
        assert table([passed])[1].split()[8] == "blind"
        assert table([failed])[1].split()[8] == "3"

    def test_rows_come_in_order_whatever_order_they_arrived_in(self) -> None:
        from dataclasses import replace

        first = replace(ROW, implementation="torch_a")
        assert in_order([ROW, first]) == [first, ROW]

    def test_convergence_is_told_by_problem(self) -> None:
        assert convergence([ROW]) == [
            "stackoverflow: not converged after 500 steps; theory puts the run 0.12404 from the least-squares "
            "solution, in float32 it ended 0.12406 from it"
        ]

    def test_the_summary_counts(self) -> None:
        assert summary([ROW]) == "1 cell: 1 AGREES; 2,504 comparisons with exact numbers"


def test_a_row_survives_json() -> None:
    import json
    from dataclasses import replace

    row = replace(ROW, resolution=float("inf"), blind=("final",), notes=("a note",))
    assert Row.from_json(json.loads(json.dumps(row.as_json(), allow_nan=False))) == row
