"""A framework that another package adds, by one class and an entry point: every part of the suite takes it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from gradagree.errors import UsageError
from gradagree.runtime import frameworks
from gradagree.runtime.worker.process import HOUSE

pytestmark = pytest.mark.sweep

# The framework: arrays that hide a NumPy array.
TOY = """
import numpy as np

class Array:
    def __init__(self, values):
        self.values = np.asarray(values)

    T = property(lambda self: Array(self.values.T))
    size = property(lambda self: self.values.size)

    def sum(self, axis=None):
        return Array(self.values.sum(axis))

def _operation(name):
    def apply(self, other):
        other = other.values if isinstance(other, Array) else self.values.dtype.type(other)
        return Array(getattr(self.values, name)(other))
    return apply

for name in ("__matmul__", "__add__", "__sub__", "__mul__"):
    setattr(Array, name, _operation(name))
"""
# What is written to add it.
ADDED = """
from gradagree.runtime.frameworks.framework import Framework, Host, host_copy

class Toy(Framework):
    name = "toy"
    title = "Toy Arrays"
    packages = ("toy-arrays",)

    def array(self, values, device):
        return self.module.Array(values.copy())

    def host(self, value):
        if not isinstance(value, self.module.Array):
            raise TypeError(f"expected a toy.Array, got a {type(value).__name__}")
        return Host(host_copy(value.values), value.values.dtype.name, "cpu")
"""
LOOP = """
import numpy, toy

def descend(x, y, w, b, lr, steps):
    for _ in range(steps):
        residual = x @ w + b - y
        grad_w, grad_b = (x.T @ residual) * (2 / y.size), residual.sum(0) * (2 / y.size)
        yield w, b, grad_w, grad_b
        w, b = w - grad_w * lr, b - grad_b * lr
    return w, b
"""
WRONG = LOOP.replace("(2 / y.size), residual", "(1 / y.size), residual")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder on the path with the framework, its class and its entry point installed; and two loops."""
    metadata = tmp_path / "toy_arrays-0.3.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-arrays\nVersion: 0.3\n")
    (metadata / "entry_points.txt").write_text("[gradagree.frameworks]\ntoy = toy_added:Toy\n")
    for name, text in {"toy": TOY, "toy_added": ADDED, "right": LOOP, "wrong": WRONG}.items():
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(HOUSE)])}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("loop", "status", "words"), [("right", 0, "agrees"), ("wrong", 1, "w.grad")])
def test_check_a_loop_in_an_added_framework_judges_it(folder: Path, loop: str, status: int, words: str) -> None:
    done = python(folder, "gradagree", "check", f"{loop}.py")
    assert done.returncode == status, done.stdout + done.stderr
    assert words in done.stdout
    assert "toy, from `import toy`" in done.stdout


def test_check_a_script_in_an_added_framework_without_a_watcher_is_refused(folder: Path) -> None:
    (folder / "script.py").write_text("import toy\n")
    done = python(folder, "gradagree", "check", "script.py")
    assert done.returncode == 2
    assert "without torch or jax there are no gradients to watch" in done.stderr


def test_doctor_probes_an_added_framework(folder: Path) -> None:
    done = python(folder, "gradagree", "doctor", "--framework", "toy")
    assert (done.returncode, done.stderr) == (0, "")
    assert "toy 0.3 on cpu" in done.stdout
    (float32,) = [line for line in done.stdout.splitlines() if line.split()[:2] == ["cpu", "float32"]]
    assert "all 24 bits" in float32


def test_table_and_heading_name_an_added_framework(folder: Path) -> None:
    cells = ("--impl=right.py,wrong.py", "--problem=probe97", "--dtype=float32", "-k=toy", "--report=rows.jsonl")
    where = (str(HOUSE / "tests/test_agreement.py"), f"--rootdir={HOUSE}", "-p", "no:cacheprovider")
    done = python(folder, "pytest", *where, *cells)
    assert done.returncode == 1, done.stdout + done.stderr
    assert ", toy 0.3; devices: cpu" in done.stdout
    lines = {line.split()[0]: line.split()[-1] for line in done.stdout.splitlines() if line.startswith("toy_")}
    assert lines == {"toy_right_descend": "AGREES", "toy_wrong_descend": "DISAGREES"}
    assert '"framework":"toy","version":"0.3"' in (folder / "rows.jsonl").read_text()


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("nowhere:Toy", "No module named 'nowhere'"),
        ("math:pi", "issubclass"),
        ("fractions:Fraction", "Fraction does not derive from Framework"),
        ("gradagree.runtime.frameworks.framework:Framework", "Framework has no name, title, packages"),
        ("gradagree.runtime.frameworks.on_numpy:Numpy", "its name is 'numpy'"),
    ],
)
def test_declared_what_is_no_framework_is_refused_and_left_out(
    place: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = frameworks._entries() | {"toy": EntryPoint("toy", place, frameworks.GROUP)}
    monkeypatch.setattr(frameworks, "_entries", lambda: known)
    with pytest.raises(UsageError, match=f"frameworks 'toy': expected a class .*, got '{place}'.*{why}"):
        frameworks.declared("toy")
    assert frameworks.names()[-1] == "toy"
    assert [each.name for each in frameworks.loadable()] == list(frameworks.BUILT_IN)
