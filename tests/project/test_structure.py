"""What no linter tells: planted imports are refused, none of a framework is early, packages list their modules."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gradagree.matrix import registry
from gradagree.runtime import frameworks

pytestmark = pytest.mark.sweep

ROOT = Path(__file__).parents[2]
ROOTS = ("gradagree", "impls", "reference")
FRAMEWORKS = {"torch", "jax", "jaxlib", "optax"}
OWN = {"torch": {"torch"}, "jax": {"jax", "jaxlib", "optax"}, "numpy": set()}

PLANTED = {
    "upward": ("gradagree/checking/judge.py", "from gradagree import report"),
    "an implementation": ("gradagree/checking/judge.py", "from impls import torch_manual"),
    "a circle": ("reference/gram.py", "from reference import truth"),
    "deep in a function": ("reference/gram.py", "def f():\n    from gradagree.runtime import record"),
}


def test_import_linter_refuses_what_is_planted(tmp_path: Path) -> None:
    pytest.importorskip("importlinter")
    for folder in ROOTS:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for path, line in PLANTED.values():
        with (tmp_path / path).open("a") as file:
            file.write(f"\n{line}\n")
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    for edge in (
        "gradagree.checking.judge -> gradagree.report",
        "gradagree.checking.judge -> impls.torch_manual",
        "reference.gram -> gradagree.runtime.record",
    ):
        assert edge in done.stdout
    assert "Contracts: 0 kept, 3 broken." in done.stdout


def test_implementations_import_their_framework_and_nothing_of_ours() -> None:
    """So that each could be pasted into a notebook."""
    for entry in registry.first_order():
        imported = _imported((ROOT / "impls" / f"{entry.name}.py").read_text(encoding="utf-8"))
        assert entry.framework in imported, entry.name
        assert not imported & {*ROOTS, "tests", *(FRAMEWORKS - OWN[entry.framework])}, entry.name


def test_no_test_file_is_selected_by_a_framework_s_name() -> None:
    """`pytest -k torch` matches file names too."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert [name for name in names if any(framework in name for framework in frameworks.names())] == []


def test_no_framework_is_imported_before_it_is_asked_for() -> None:
    modules = ["reference.least_squares", "gradagree.pytest_plugin.plugin", "impls", "gradagree.cli.public"]
    modules += ["gradagree.doctor.examine", "gradagree.runtime.worker.serve", "gradagree.diagnosis.identify"]
    assert _frameworks_after(f"import {', '.join(modules)}") == set()


def test_early_import_of_a_framework_would_be_seen() -> None:
    pytest.importorskip("torch")
    assert "torch" in _frameworks_after("from gradagree.runtime import frameworks; frameworks.framework('torch')")


def test_packages_list_their_modules_and_no_others() -> None:
    for path in (path for root in ("gradagree", "reference") for path in (ROOT / root).rglob("__init__.py")):
        text = path.read_text(encoding="utf-8")
        modules = {file.stem for file in path.parent.glob("[!_]*.py")}
        modules |= {package.parent.name for package in path.parent.glob("*/__init__.py")}
        listed = {*re.findall(r"^- `(\w+)`", text, re.MULTILINE)}
        assert not listed or (listed <= modules <= {*re.findall(r"\w+", text)}), path


def _imported(source: str) -> set[str]:
    """The top-level names of every import in a module, at whatever depth of its code."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0] if node.level == 0 else ".")
    return names


def _frameworks_after(statement: str) -> set[str]:
    """The frameworks that a fresh interpreter has imported after a statement."""
    code = f"{statement}; import sys; print(*({{*sys.modules}} & {FRAMEWORKS}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return {*done.stdout.split()}
