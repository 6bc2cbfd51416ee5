"""The plugin: a cell's test, demands that cannot be met, and the table that closes a run."""

import pytest

import impls
from tests.support.matrix import project

pytestmark = pytest.mark.sweep

pytest_plugins = ["pytester"]

ONE = ("-k", "numpy_analytic", "--dtype", "float32", "--problem", "probe97")
NARROW = """
import numpy as np
from impls.numpy_analytic import descend as correct

def descend(x, y, w, b, lr, steps):
    for values in correct(*(a.astype(np.float32) for a in (x, y, w, b)), lr, steps):
        yield tuple(np.asarray(v, dtype=x.dtype) for v in values)
    return values[0].astype(x.dtype), values[1].astype(x.dtype)
"""


@pytest.fixture
def matrix(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    return project(pytester, monkeypatch)


def test_run_closes_with_the_table(matrix: pytest.Pytester) -> None:
    result = matrix.runpytest(*ONE)
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


def test_run_of_two_workers_closes_with_one_table(matrix: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    four = ("--impl", "numpy_analytic", "--dtype", "float32,float64", "--problem", "probe97,stackoverflow")
    result = matrix.runpytest_subprocess("-v", "-n", "2", *four)
    lines = result.stdout.lines
    assert {f"gw{k}" for k in range(2) if any(f"[gw{k}]" in line for line in lines)} == {"gw0", "gw1"}
    title = next(k for k, line in enumerate(lines) if "= agreement =" in line)
    cells = [(k > title, *line.split()[2:4]) for k, line in enumerate(lines) if line.startswith("numpy_analytic ")]
    assert cells == [(True, d, p) for d in ("float32", "float64") for p in ("probe97", "stackoverflow")]
    result.stdout.fnmatch_lines(["4 cells: 4 AGREES; * comparisons with exact numbers"])


def test_cell_with_a_wrong_claim_fails_and_the_others_go_on(
    matrix: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Float32 sold as float64 is found out, by an implementation that lies about its dtype."""
    matrix.makepyfile(liar=NARROW)
    matrix.syspathinsert()
    honest = next(entry for entry in impls.IMPLEMENTATIONS if entry.name == "numpy_analytic")
    liar = impls.Implementation("numpy_liar", "", ("cpu",), ("float64",), target="liar:descend")
    monkeypatch.setattr(impls, "IMPLEMENTATIONS", (liar, honest))
    result = matrix.runpytest("--problem", "stackoverflow", "--dtype", "float64")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["numpy_liar *DISAGREES", "    step 0, w.grad*got*exact*allowed*"])


def test_cell_of_a_framework_that_is_absent_is_not_run_and_fails_where_it_is_required(
    matrix: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradagree.runtime.frameworks.installed", lambda name: name != "numpy")
    result = matrix.runpytest(*ONE)
    result.assert_outcomes(skipped=1, deselected=result.parseoutcomes()["deselected"])
    result.stdout.fnmatch_lines(["numpy_analytic *NOT RUN", "    numpy is not installed"])
    result = matrix.runpytest(*ONE, "--require", "numpy")
    result.assert_outcomes(errors=1, deselected=result.parseoutcomes()["deselected"])
    result.stdout.fnmatch_lines(["*NOT RUN, though required: numpy is not installed*"])


def test_cell_of_a_device_that_the_framework_does_not_see_is_not_run_and_fails_where_it_is_named(
    matrix: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GPU in the machine and a build that cannot use it: named, and no silent fallback to the CPU."""
    there = impls.Implementation("numpy_there", "", ("cuda",), ("float32",))
    monkeypatch.setattr(impls, "IMPLEMENTATIONS", (there,))
    monkeypatch.setattr("gradagree.runtime.devices.present", lambda: ("cpu", "cuda"))
    result = matrix.runpytest("--problem", "probe97", "--device", "auto")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["numpy_there *cuda *NOT RUN", "    numpy * sees no cuda here, only cpu"])
    matrix.runpytest("--problem", "probe97", "--device", "cuda").assert_outcomes(errors=1)
