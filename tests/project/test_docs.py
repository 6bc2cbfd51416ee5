"""Every public name of `reference/` says what it is, and what it raises; packages list their rooms."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import gradagree.checking
import gradagree.cli
import gradagree.diagnosis.catalogue
import gradagree.diagnosis.identify
import gradagree.diagnosis.mistakes
import gradagree.doctor
import gradagree.matrix
import gradagree.pytest_plugin
import gradagree.report
import gradagree.runtime.watching
import gradagree.runtime.worker
import reference

Documented = ast.FunctionDef | ast.ClassDef | ast.Module
MODULES = {path.stem: path for path in sorted(Path(reference.__file__).parent.glob("*.py"))}
CONSTRUCTORS = ("__init__", "__post_init__")


def public(tree: ast.Module, module: str) -> Iterator[tuple[str, Documented]]:
    """The module, its public functions and classes, and their public methods, each by its dotted name."""
    yield module, tree
    for node in tree.body:
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or node.name.startswith("_"):
            continue
        yield f"{module}.{node.name}", node
        for member in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                yield f"{module}.{node.name}.{member.name}", member


def raises(node: Documented) -> bool:
    """Whether a `raise` stands in it; what a constructor raises, its class must tell."""
    if isinstance(node, ast.FunctionDef):
        return any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    constructors = (n for n in node.body if isinstance(n, ast.FunctionDef) and n.name in CONSTRUCTORS)
    return isinstance(node, ast.ClassDef) and any(raises(constructor) for constructor in constructors)


def complaint(name: str, node: Documented) -> str | None:
    text = ast.get_docstring(node)
    if not text:
        return f"{name}: no docstring"
    if raises(node) and "Raises\n------" not in text:
        return f"{name}: raises, and its docstring has no Raises section"
    return None


ALL = [
    (name, node)
    for module, path in sorted(MODULES.items())
    for name, node in public(ast.parse(path.read_text(encoding="utf-8")), module)
]


@pytest.mark.parametrize(("name", "node"), ALL, ids=[name for name, _ in ALL])
def test_public_name_is_documented(name: str, node: Documented) -> None:
    found = complaint(name, node)
    assert found is None, found


PACKAGES = (
    gradagree, reference, gradagree.runtime, gradagree.runtime.watching, gradagree.runtime.worker, gradagree.checking,
    gradagree.diagnosis, gradagree.diagnosis.catalogue, gradagree.diagnosis.identify, gradagree.diagnosis.mistakes,
    gradagree.doctor, gradagree.matrix, gradagree.report, gradagree.pytest_plugin, gradagree.cli,
)  # fmt: skip


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_package_lists_its_rooms_and_no_others(package: ModuleType) -> None:
    folder = Path(str(package.__file__)).parent
    modules = {path.stem for path in folder.glob("[!_]*.py")}
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    lines = [line for line in (package.__doc__ or "").splitlines() if line.startswith("- `")]
    assert {name for line in lines for name in re.findall(r"`(\w+)`", line)} >= modules | packages
    assert {*re.findall(r"^- `(\w+)`", package.__doc__ or "", re.MULTILINE)} <= modules | packages


# Planted faults.

PLANTED = {
    "undocumented_function": ('"""M."""\ndef f():\n    pass\n', "m.f: no docstring"),
    "undocumented_method": (
        '"""M."""\nclass A:\n    """A."""\n    def f(self):\n        pass\n',
        "m.A.f: no docstring",
    ),
    "undocumented_module": ("x = 1\n", "m: no docstring"),
    "hidden_raise": (
        '"""M."""\ndef f():\n    """F."""\n    if 1:\n        raise ValueError\n',
        "m.f: raises, and its docstring has no Raises section",
    ),
    "hidden_raise_of_a_constructor": (
        '"""M."""\nclass A:\n    """A."""\n    def __init__(self):\n        raise ValueError\n',
        "m.A: raises, and its docstring has no Raises section",
    ),
}


@pytest.mark.parametrize("case", PLANTED)
def test_planted_gap_is_found(case: str) -> None:
    source, expected = PLANTED[case]
    assert [c for name, node in public(ast.parse(source), "m") if (c := complaint(name, node))] == [expected]


def test_private_names_are_left_alone() -> None:
    tree = ast.parse('"""M."""\ndef _f():\n    raise ValueError\n')
    assert [name for name, _ in public(tree, "m")] == ["m"]
