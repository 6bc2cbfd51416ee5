"""The house's own rules: which way imports run, and what is imported before it is asked for."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import impls

ROOT = Path(__file__).parent.parent
OURS = {"impls", "reference", "gradagree", "tests", "conftest"}
FRAMEWORKS = {"torch", "jax", "jaxlib", "optax"}

# What each folder may import of ours. Implementations are imported by name, when they are asked for; `roads` and
# what puts loops from outside beside ours read the list of them.
ALLOWED = {
    "impls": set(),
    "reference": {"reference"},
    "gradagree": {"reference", "gradagree"},
}
READERS = {"impls", "reference", "gradagree"}
EXCEPTIONS = {
    "impls/__init__.py": {"reference"},
    "gradagree/roads.py": READERS,
    "gradagree/cli/outside.py": READERS,
}


def imported(source: str) -> set[str]:
    """The top-level names of every import in a module, at whatever depth of its code."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0] if node.level == 0 else ".")
    return names


def trespasses(path: str, source: str) -> set[str]:
    """What a file imports and should not."""
    folder = path.split("/")[0]
    allowed = EXCEPTIONS.get(path, ALLOWED[folder])
    return (imported(source) & OURS) - allowed


SOURCES = sorted(str(p.relative_to(ROOT)) for folder in ALLOWED for p in (ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES)
def test_imports_run_one_way(path: str) -> None:
    assert trespasses(path, (ROOT / path).read_text()) == set()


@pytest.mark.parametrize(
    ("path", "source", "found"),
    [
        ("impls/torch_manual.py", "import reference.formats", {"reference"}),
        ("reference/gram.py", "def f():\n    from gradagree import record", {"gradagree"}),
        ("gradagree/compare.py", "import impls", {"impls"}),
    ],
)
def test_a_trespass_is_seen(path: str, source: str, found: set[str]) -> None:
    assert trespasses(path, source) == found


@pytest.mark.parametrize("entry", impls.IMPLEMENTATIONS, ids=lambda entry: entry.name)
def test_a_road_imports_its_framework_alone(entry: impls.Implementation) -> None:
    source = (ROOT / "impls" / f"{entry.name}.py").read_text()
    others = FRAMEWORKS - {entry.framework, "jaxlib" if entry.framework == "jax" else "", "optax"}
    assert entry.framework in imported(source)
    assert imported(source) & others == set()


@pytest.mark.parametrize("entry", impls.IMPLEMENTATIONS, ids=lambda entry: entry.name)
def test_a_name_begins_with_its_framework(entry: impls.Implementation) -> None:
    assert entry.name.split("_")[0] == entry.framework


def test_no_test_file_is_selected_by_a_framework_s_name() -> None:
    """`pytest -k torch` matches file names too."""
    found = [p.name for p in (ROOT / "tests").glob("test_*.py") if any(f in p.name for f in ("torch", "jax", "numpy"))]
    assert found == []


@pytest.mark.parametrize(
    "module",
    [
        "reference.least_squares",
        "gradagree.plugin",
        "impls",
        "gradagree.cli.arguments",
        "gradagree.cli.script",
        "gradagree.doctor.examine",
        "gradagree.guest.serve",
        "gradagree.identify",
    ],
)
def test_no_framework_is_imported_before_it_is_asked_for(module: str) -> None:
    assert _frameworks_after(f"import {module}") == ""


def test_an_early_import_would_be_seen() -> None:
    pytest.importorskip("torch")
    assert "torch" in _frameworks_after("import gradagree.frameworks.on_torch").split()


def _frameworks_after(statement: str) -> str:
    """The frameworks that a fresh interpreter has imported after a statement."""
    code = f"{statement}; import sys; print(*sorted(m for m in sys.modules if m in {sorted(FRAMEWORKS)}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
