"""Two workers of pytest-xdist share a run's cells; the table comes last, once, and whole."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

DTYPES, PROBLEMS = ("float32", "float64"), ("probe97", "stackoverflow")


def test_two_workers_make_one_table(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("xdist")
    pytester.makeconftest('pytest_plugins = ["gradagree.pytest_plugin.plugin"]')
    pytester.makepyfile(test_agreement="def test_agreement(row):\n    assert row.verdict == 'AGREES'")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))

    chosen = [word for dtype in DTYPES for word in ("--dtype", dtype)]
    chosen += [word for problem in PROBLEMS for word in ("--problem", problem)]
    result = pytester.runpytest_subprocess("-v", "-n", "2", "--impl", "numpy_analytic", *chosen)

    lines = result.stdout.lines
    assert {f"gw{k}" for k in range(2) if any(f"[gw{k}]" in line for line in lines)} == {"gw0", "gw1"}
    title = next(k for k, line in enumerate(lines) if "= agreement =" in line)
    table = [tuple(line.split()[2:4]) for line in lines[title:] if line.startswith("numpy_analytic ")]
    assert table == [(dtype, problem) for dtype in DTYPES for problem in PROBLEMS]
    assert not any(line.startswith("numpy_analytic ") for line in lines[:title])
    result.stdout.fnmatch_lines(["4 cells: 4 AGREES; * comparisons with exact numbers"])
