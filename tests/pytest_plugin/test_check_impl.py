"""The third way in: `pytest --impl my_loop.py:descend`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gradagree.errors import UsageError
from gradagree.matrix.loading import load
from gradagree.matrix.user_implementations import implementations
from gradagree.runtime.worker.process import HOUSE
from reference.formats import FLOAT16, FLOAT32, FLOAT64
from tests.support.checking import LOOP, changed, written


def pytest_run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    ran = [
        sys.executable,
        "-m",
        "pytest",
        str(HOUSE / "tests/test_agreement.py"),
        f"--rootdir={HOUSE}",
        "-q",
        *arguments,
    ]
    return subprocess.run([*ran, "-p", "no:cacheprovider"], cwd=folder, capture_output=True, text=True, check=False)


def test_loops_stand_beside_the_others(tmp_path: Path) -> None:
    written(tmp_path, LOOP)
    written(tmp_path, changed("2 / y.size", "1 / y.size"), "numpy_half.py")
    ran = pytest_run(
        tmp_path, "--impl=my_loop.py:descend", "--impl=numpy_half.py", "--problem=probe97", "--dtype=float64",
        "-k=numpy_my_loop or numpy_half or numpy_analytic",
    )  # fmt: skip
    assert ran.returncode == 1
    rows = {line.split()[0]: line.split()[-1] for line in ran.stdout.splitlines() if re.match(r"numpy_\w+ +cpu", line)}
    assert rows == {
        "numpy_analytic": "AGREES", "numpy_half_descend": "DISAGREES", "numpy_my_loop_descend": "AGREES"
    }  # fmt: skip
    assert "test_agreement[numpy_half_descend-cpu-float64-probe97]" in ran.stdout


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    ran = pytest_run(tmp_path, "--impl=nowhere.py:descend")
    assert ran.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--impl" in ran.stderr
    assert "there is no such file" in ran.stderr


def test_an_entry_is_known_without_importing_its_file(tmp_path: Path) -> None:
    written(tmp_path, "raise SystemExit\n" + LOOP.replace("numpy", "jax.numpy"), "jax_mine.py")
    (entry,) = implementations(["jax_mine.py", "jax_mine.py"], tmp_path)
    assert (entry.name, entry.framework) == ("jax_mine_descend", "jax")
    assert entry.arithmetic("cpu", "float32").flushes
    assert entry.arithmetic("cpu", "float32").accumulate is FLOAT32


def test_what_outside_code_may_claim(tmp_path: Path) -> None:
    written(tmp_path, LOOP)
    (entry,) = implementations(["my_loop.py:descend"], tmp_path)
    assert entry.arithmetic("cpu", "float64").accumulate is FLOAT64
    assert entry.arithmetic("cpu", "float16").accumulate is FLOAT16  # NumPy sums so
    assert load(entry.target).__name__ == "descend"


def test_a_file_of_several_functions_must_be_told_which(tmp_path: Path) -> None:
    written(tmp_path, LOOP + LOOP.replace("descend", "other"))
    with pytest.raises(UsageError, match="are descend, other; FILE:FUNCTION of one will do"):
        implementations(["my_loop.py"], tmp_path)


def test_a_loop_that_updates_what_it_was_given_is_its_own_master(tmp_path: Path) -> None:
    written(tmp_path, changed("w = w -", "w -=").replace("b = b -", "b -="))
    written(tmp_path, changed("w = w -", "x *= 2; w = w -"), "numpy_spoils.py")
    ran = pytest_run(
        tmp_path, "--impl=my_loop.py:descend", "--impl=numpy_spoils.py", "--problem=probe97,stackoverflow",
        "--dtype=float32", "-k=numpy_my_loop or numpy_spoils",
    )  # fmt: skip
    rows = re.findall(r"^(numpy_\w+) +cpu.* (\w+)$", ran.stdout, flags=re.MULTILINE)
    assert sorted(set(rows)) == [("numpy_my_loop_descend", "AGREES"), ("numpy_spoils_descend", "INVALID")], ran.stdout
