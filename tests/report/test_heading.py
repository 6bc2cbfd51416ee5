"""The lines above a run: versions, devices, flags; and that no framework is imported for them."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from gradagree.report import heading
from gradagree.runtime import devices, frameworks
from gradagree.runtime.frameworks.on_torch import Torch
from tests.support.matrix import ROOT, project

pytest_plugins = ["pytester"]

# Found out without importing it: pytester forgets what a test of its own imports, and PyTorch cannot be forgotten.
needs_torch = pytest.mark.skipif(not frameworks.installed("torch"), reason="torch is not installed")

OTHER = """
import sys

def test_other():
    assert {*sys.modules} & {"torch", "jax"} == set()
"""


@pytest.fixture
def matrix(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    return project(pytester, monkeypatch)


def test_versions_and_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "present", lambda: ("cpu", "tpu"))
    monkeypatch.setattr(heading, "installed", lambda name: None if name == "jax" else "1.2")
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "0")
    first, second = heading.lines()
    python = ".".join(map(str, sys.version_info[:3]))
    assert first.endswith(f": python {python}, torch 1.2, jax not installed, numpy 1.2; devices: cpu, tpu")
    assert second.startswith("environment: ")
    assert "NVIDIA_TF32_OVERRIDE=0" in second


def test_the_versions_are_the_frameworks_own() -> None:
    assert f"numpy {np.__version__}" in heading.lines()[0]


def test_an_empty_environment_has_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heading, "environment", dict)
    assert len(heading.lines()) == 1


def test_a_run_of_other_tests_imports_no_framework(matrix: pytest.Pytester) -> None:
    matrix.makepyfile(test_other=OTHER)
    result = matrix.runpytest_subprocess("test_other.py")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["gradagree *: python *, torch *, jax *, numpy *; devices: cpu*"])
    result.stdout.no_fnmatch_line("flags (*")


def test_such_an_import_would_be_seen(matrix: pytest.Pytester) -> None:
    matrix.makepyfile(jax="", test_other="import jax\n" + OTHER)
    matrix.runpytest_subprocess("test_other.py").assert_outcomes(failed=1)


@needs_torch
def test_the_flags_are_those_of_the_frameworks_that_are_run(matrix: pytest.Pytester) -> None:
    """In a process of its own, where nothing else has imported them: that of a worker."""
    small = ("--impl", "torch_manual", "--dtype", "float32", "--problem", "single_row")
    matrix.runpytest_subprocess("-n", "1", *small).stdout.fnmatch_lines(
        ["flags (each cell sets its own precision and threads): subnormals: kept; torch: TF32 off, * threads"]
    )


@pytest.mark.parametrize("quiet", ["-q", "--collect-only"])
def test_a_run_that_shows_no_flags_looks_for_none(matrix: pytest.Pytester, quiet: str) -> None:
    small = ("--dtype", "float32", "--problem", "single_row", "--impl", "numpy_analytic")
    matrix.runpytest(quiet, *small).stdout.no_fnmatch_line("flags (*")


def test_torch_tells_its_flags() -> None:
    torch = pytest.importorskip("torch")
    before = torch.get_float32_matmul_precision(), torch.get_num_threads()
    heading.load(["torch"])
    try:
        torch.set_num_threads(1)
        torch.set_float32_matmul_precision("high")
        assert heading.flags()["torch"] == "TF32 on, 1 threads"
        torch.set_float32_matmul_precision("highest")
        assert heading.flags()["torch"] == "TF32 off, 1 threads"
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.set_num_threads(before[1])


@pytest.mark.parametrize(("tf32", "told"), [(True, "TF32 on, 2 threads"), (False, "TF32 off, 2 threads")])
def test_an_older_torch_has_another_name_for_it(tf32: bool, told: str) -> None:
    torch = object.__new__(Torch)  # of a release that is not here
    backends = SimpleNamespace(cuda=SimpleNamespace(matmul=SimpleNamespace(allow_tf32=tf32)))
    torch.module = SimpleNamespace(backends=backends, get_num_threads=lambda: 2)
    assert torch.summary() == told


def test_jax_tells_its_flags() -> None:
    jax = pytest.importorskip("jax")
    heading.load(["jax"])
    with jax.enable_x64(True), jax.default_matmul_precision("highest"):
        assert heading.flags()["jax"] == "jax_enable_x64 on, precision of products highest"
    with jax.enable_x64(False):
        assert heading.flags()["jax"].startswith("jax_enable_x64 off, ")


@needs_torch
def test_flushed_subnormals_are_seen() -> None:
    """In a process of its own: the setting is the processor's."""
    code = "from gradagree.report import heading; print(heading.flags()['subnormals']); import torch;"
    code += "print(torch.set_flush_denormal(True), heading.flags()['subnormals'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    before, after = done.stdout.splitlines()
    if after.startswith("False"):
        pytest.skip("this processor cannot flush them")
    assert (before, after) == ("kept", "True flushed to zero")


def test_a_framework_that_cannot_be_imported_is_left_to_its_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def broken(name: str) -> None:
        asked.append(name)
        raise OSError(f"lib{name}.so: cannot open shared object file")

    monkeypatch.setattr(frameworks, "framework", broken)
    monkeypatch.setattr(frameworks, "installed", lambda name: name != "torch")
    heading.load(["torch", "jax", "numpy"])
    assert asked == ["jax", "numpy"]


def test_flags_of_workers_that_differ_are_all_told() -> None:
    line = heading.flags_line({"subnormals": ["kept"], "torch": {"TF32 on, 2 threads", "TF32 off, 2 threads"}})
    assert line.endswith(": subnormals: kept; torch: TF32 off, 2 threads or TF32 on, 2 threads")
