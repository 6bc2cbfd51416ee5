"""Loops of the user's own beside the suite's: `pytest --impl my_loop.py:descend`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gradagree.errors import UsageError
from gradagree.matrix.user_implementations import implementations
from reference.formats import FLOAT16, FLOAT32, FLOAT64
from tests.support.checking import LOOP, changed, written
from tests.support.matrix import project

pytest_plugins = ["pytester"]

IN_PLACE = changed("w = w -", "w -=").replace("b = b -", "b -=")


def test_run_with_loops_of_the_users_own_has_them_beside_the_suites(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    matrix = project(pytester, monkeypatch)
    for folder in ("a", "b"):
        matrix.mkdir(folder)
    written(matrix.path, IN_PLACE)
    written(matrix.path, changed("2 / y.size", "1 / y.size"), "numpy_half.py")
    written(matrix.path / "a", changed("w = w -", "x *= 2; w = w -"), "spoils.py")
    written(matrix.path / "b", changed("    for _", "    import os; os._exit(0)\n    for _"), "spoils.py")
    named = "numpy_analytic,my_loop.py:descend,my_loop.py,numpy_half.py,a/spoils.py,b/spoils.py"
    result = matrix.runpytest("--impl", named, "--problem=probe97,stackoverflow", "--dtype=float64")
    rows = re.findall(r"^(numpy_\w+) +cpu.* (\w+)$", result.stdout.str(), flags=re.MULTILINE)
    assert len(rows) == 10
    assert {*rows} == {
        ("numpy_analytic", "AGREES"),
        ("numpy_my_loop_descend", "AGREES"),
        ("numpy_half_descend", "DISAGREES"),
        ("numpy_a_spoils_descend", "INVALID"),
        ("numpy_b_spoils_descend", "INVALID"),
    }
    result.assert_outcomes(passed=4, failed=6)


def test_implementations_are_known_without_importing_their_files(tmp_path: Path) -> None:
    written(tmp_path, "raise SystemExit\n" + LOOP.replace("numpy", "jax.numpy"), "jax_mine.py")
    (entry,) = implementations(["jax_mine.py", "jax_mine.py:descend"], tmp_path)
    assert (entry.name, entry.framework) == ("jax_mine_descend", "jax")
    assert entry.arithmetic("cpu", "float32").flushes
    assert entry.arithmetic("cpu", "float32").accumulate is FLOAT32


def test_implementations_claim_the_arithmetic_of_their_framework(tmp_path: Path) -> None:
    written(tmp_path, LOOP)
    (entry,) = implementations(["my_loop.py:descend"], tmp_path)
    assert entry.arithmetic("cpu", "float64").accumulate is FLOAT64
    assert entry.arithmetic("cpu", "float16").accumulate is FLOAT16  # NumPy sums so


def test_implementations_of_a_file_with_several_functions_must_be_told_which(tmp_path: Path) -> None:
    written(tmp_path, LOOP + LOOP.replace("descend", "other"))
    with pytest.raises(UsageError, match=r"are descend, other; FILE:FUNCTION of one will do"):
        implementations(["my_loop.py"], tmp_path)
