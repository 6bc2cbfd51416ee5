"""The house's own rules: which way imports run, and what is imported before it is asked for."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gradagree.matrix import registry

pytestmark = pytest.mark.sweep

ROOT = Path(__file__).parents[2]
FRAMEWORKS = {"torch", "jax", "jaxlib", "optax"}


def imported(source: str) -> set[str]:
    """The top-level names of every import in a module, at whatever depth of its code."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0] if node.level == 0 else ".")
    return names


PLANTED = {
    "upward": ("gradagree/checking/judge.py", "from gradagree import report"),
    "an implementation": ("gradagree/checking/judge.py", "from impls import torch_manual"),
    "a circle": ("gradagree/checking/truth.py", "from gradagree.checking import judge"),
    "deep in a function": ("reference/gram.py", "def f():\n    from gradagree.runtime import record"),
}


@pytest.mark.parametrize("planted", [None, *PLANTED])
def test_imports_run_one_way_and_one_that_does_not_is_seen(planted: str | None, tmp_path: Path) -> None:
    pytest.importorskip("importlinter")
    for folder in ("gradagree", "impls", "reference"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    if planted is not None:
        path, line = PLANTED[planted]
        with (tmp_path / path).open("a") as file:
            file.write(f"\n{line}\n")
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (planted is None), done.stdout


@pytest.mark.parametrize("entry", registry.first_order(), ids=lambda entry: entry.name)
def test_a_road_imports_its_framework_alone(entry: registry.Implementation) -> None:
    source = (ROOT / "impls" / f"{entry.name}.py").read_text()
    others = FRAMEWORKS - {entry.framework, "jaxlib" if entry.framework == "jax" else "", "optax"}
    assert entry.framework in imported(source)
    assert imported(source) & {"impls", "reference", "gradagree", "tests"} == set()
    assert imported(source) & others == set()


@pytest.mark.parametrize("entry", registry.first_order(), ids=lambda entry: entry.name)
def test_a_name_begins_with_its_framework(entry: registry.Implementation) -> None:
    assert entry.name.split("_")[0] == entry.framework


def test_no_test_file_is_selected_by_a_framework_s_name() -> None:
    """`pytest -k torch` matches file names too."""
    found = [p.name for p in (ROOT / "tests").glob("test_*.py") if any(f in p.name for f in ("torch", "jax", "numpy"))]
    assert found == []


@pytest.mark.parametrize(
    "module",
    [
        "reference.least_squares",
        "gradagree.pytest_plugin.plugin",
        "impls",
        "gradagree.cli.arguments",
        "gradagree.cli.script",
        "gradagree.doctor.examine",
        "gradagree.runtime.worker.serve",
        "gradagree.diagnosis.identify",
    ],
)
def test_no_framework_is_imported_before_it_is_asked_for(module: str) -> None:
    assert _frameworks_after(f"import {module}") == ""


def test_an_early_import_would_be_seen() -> None:
    pytest.importorskip("torch")
    assert (
        "torch" in _frameworks_after("from gradagree.runtime import frameworks; frameworks.framework('torch')").split()
    )


def _frameworks_after(statement: str) -> str:
    """The frameworks that a fresh interpreter has imported after a statement."""
    code = f"{statement}; import sys; print(*sorted(m for m in sys.modules if m in {sorted(FRAMEWORKS)}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
