"""The wheel, in environments of their own: all that it needs lies below `gradagree`, and it is silent unless asked."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

pytest.importorskip("setuptools.command.bdist_wheel", reason="no setuptools here; pip install -e '.[test]' will do")

pytestmark = [
    pytest.mark.sweep,
    pytest.mark.skipif(os.name == "nt", reason="the environments are made of symbolic links"),
]

ROOT = Path(__file__).parents[2]
PACKAGES = ("gradagree", "reference", "impls")
SOURCES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", *PACKAGES)
BUILD = "import sys; from setuptools import build_meta as backend; print(getattr(backend, sys.argv[1])(sys.argv[2]))"
COMMAND = "import sys; from importlib.metadata import entry_points as all; "
COMMAND += "sys.exit(all(group='console_scripts')['gradagree'].load()())"

LOOP = """
import numpy as np

def descend(x, y, w, b, lr, steps):
    for _ in range(steps):
        r = x @ w + b - y
        grad_w, grad_b = SCALE * (x.T @ r) / len(x), SCALE * r.mean(axis=0)
        yield w, b, grad_w, grad_b, (r**2).mean()
        w, b = w - lr * grad_w, b - lr * grad_b
    return w, b
"""
RIGHT, HALF = LOOP.replace("SCALE", "2"), LOOP.replace("SCALE", "1")
ONE_CELL = ("--impl", "my_loop.py:descend", "--dtype", "float64", "--problem", "stackoverflow", "-k", "my_loop")


def built(command: str, tree: Path) -> Path:
    """What `pip` would be given for a tree: `build_sdist` or `build_wheel`."""
    done = subprocess.run(
        [sys.executable, "-c", BUILD, command, str(tree.parent)], cwd=tree, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return tree.parent / done.stdout.splitlines()[-1]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built of the source distribution; with what an older build of another layout has left behind."""
    tree = tmp_path_factory.mktemp("wheel") / "tree"
    tree.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tree)
    archive = built("build_sdist", tree)
    shutil.unpack_archive(archive, tree.parent, filter="data")
    unpacked = tree.parent / archive.name.removesuffix(".tar.gz")
    (unpacked / "build" / "lib" / "reference").mkdir(parents=True)
    (unpacked / "build" / "lib" / "reference" / "stale.py").touch()
    return built("build_wheel", unpacked)


def required(distribution: metadata.Distribution) -> set[str]:
    """The names of what a distribution needs here, none of its extras."""
    requirements = map(Requirement, distribution.requires or ())
    return {r.name for r in requirements if r.marker is None or r.marker.evaluate({"extra": ""})}


def with_needs(names: Iterable[str]) -> set[str]:
    """The distributions of these names, and all that they need, as they are installed here."""
    found: set[str] = set()
    todo = {*names}
    while todo:
        name = todo.pop()
        found.add(name)
        needs = {need for need in required(metadata.distribution(name)) if list(metadata.distributions(name=need))}
        todo |= needs - found
    return found


@dataclass(frozen=True)
class Environment:
    """The Python of a virtual environment, and an empty folder to work in."""

    python: Path
    folder: Path

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run its Python in the folder, nothing of the checkout in sight."""
        keep = {"PATH", "HOME", "TMPDIR", "LANG"}
        variables = {name: value for name, value in os.environ.items() if name in keep} | more
        command = [str(self.python), *arguments]
        return subprocess.run(command, cwd=self.folder, env=variables, capture_output=True, text=True, check=False)

    def gradagree(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command."""
        return self.run("-c", COMMAND, *arguments)

    def pytest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A run of pytest."""
        return self.run("-m", "pytest", "-p", "no:cacheprovider", *arguments)

    def write(self, **files: str) -> None:
        """Put Python files into the folder."""
        for name, text in files.items():
            (self.folder / f"{name}.py").write_text(text, encoding="utf-8")


def environment(folder: Path, wheel: Path, *frameworks: str) -> Path:
    """The Python of an environment with the wheel, and with links to what it requires and to frameworks from here."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    where = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip())
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (own,) = metadata.distributions(name="gradagree", path=[str(site)])
    for name in with_needs(required(own) | {*frameworks}):
        distribution = metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or () if file.parts[0] not in ("..", "__pycache__")}:
            if not (site / top).exists():
                (site / top).symlink_to(Path(str(distribution.locate_file(top))))
    return python


@pytest.fixture(scope="session")
def python_without_frameworks(wheel: Path) -> Path:
    return environment(wheel.parent / "plain", wheel)


@pytest.fixture
def plain(python_without_frameworks: Path, tmp_path: Path) -> Environment:
    """With what the wheel requires, and no framework."""
    return Environment(python_without_frameworks, tmp_path)


@pytest.fixture
def full(wheel: Path, tmp_path: Path) -> Environment:
    """With torch and JAX as well."""
    for framework in ("torch", "jax"):
        if importlib.util.find_spec(framework) is None:
            pytest.skip(f"no {framework} here; pip install -e '.[{framework}]' will do")
    (tmp_path / "work").mkdir()
    return Environment(environment(tmp_path / "full", wheel, "torch", "jax"), tmp_path / "work")


def test_wheel_holds_everything_below_gradagree(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {"gradagree", re.sub(r"-py3.*", ".dist-info", wheel.name)}
    tracked = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    tracked = [path for path in tracked if "__pycache__" not in path.parts]
    expected = {path.relative_to(ROOT).as_posix() for path in tracked}
    moved = {name if name.startswith("gradagree/") else f"gradagree/{name}" for name in expected}
    assert moved == {name for name in names if name.startswith("gradagree/")}


def test_wheel_s_modules_name_no_package_at_the_top_level(wheel: Path) -> None:
    """As an import, or as a string to import by."""
    with zipfile.ZipFile(wheel) as archive:
        sources = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".py")}
    pattern = re.compile(r"^\s*(?:from|import) (?:reference|impls)\b|[\"'](?:reference|impls)\.[\w{]", re.MULTILINE)
    assert [name for name, text in sources.items() if pattern.search(text)] == []


def test_plain_environment_answers_check_and_list(plain: Environment) -> None:
    plain.write(my_loop=RIGHT, half=HALF)
    listed = plain.gradagree("list")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert {"stackoverflow", "torch_manual", "GD101"} <= {*re.findall(r"\w+", listed.stdout)}
    right = plain.gradagree("check", "my_loop.py", "--steps", "20")
    assert (right.returncode, right.stderr) == (0, "")
    assert right.stdout.startswith("agrees: my_loop.py:descend is gradient descent")
    wrong = plain.run("-m", "gradagree", "check", "half.py", "--steps", "20", "--json")
    assert wrong.returncode == 1
    assert json.loads(wrong.stdout)["verdict"] == "DISAGREES"


def test_plain_environment_runs_the_cells_of_a_loop_from_a_folder_without_tests(plain: Environment) -> None:
    plain.write(my_loop=RIGHT)
    done = plain.pytest(*ONE_CELL, "--report", "rows.jsonl", "-v")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "gradagree::test_agreement[numpy_my_loop_descend-cpu-float64-stackoverflow] PASSED" in done.stdout
    assert "= agreement =" in done.stdout
    assert "1 rows in rows.jsonl" in done.stdout
    plain.write(my_loop=HALF)
    failed = plain.pytest(*ONE_CELL)
    assert failed.returncode == 1
    assert "1 DISAGREES" in failed.stdout


def test_plain_environment_runs_the_suite_s_own_cells(plain: Environment) -> None:
    """Those of frameworks that are not here are not run, and say so."""
    done = plain.pytest("--gradagree-problem", "probe97", "--dtype", "float32", "-k", "numpy_analytic or torch_manual")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed, 1 skipped" in done.stdout
    assert "torch is not installed" in done.stdout


def test_full_environment_runs_torch_jax_and_second_derivatives(full: Environment) -> None:
    done = full.pytest("--impl", "torch_manual,jax_grad,torch_hessian", "--dtype", "float32", "--problem", "targets")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
    full.write(mine=(ROOT / "impls" / "torch_manual.py").read_text())
    assert full.gradagree("check", "mine.py", "--steps", "20").returncode == 0


def test_plugin_is_silent_in_a_project_that_does_not_ask_for_cells(plain: Environment) -> None:
    plain.write(
        test_mine="""
import sys

def test_mine():
    loaded = {name.partition(".")[0] for name in sys.modules}
    assert not {"torch", "jax", "numpy", "flint"} & loaded
    assert not [name for name in sys.modules if name.startswith(("gradagree.reference", "gradagree.checking"))]
"""
    )
    with_it, without = plain.pytest("-v"), plain.pytest("-v", "-p", "no:gradagree")
    assert with_it.returncode == 0, with_it.stdout
    # pytest itself lists what is installed.
    lines = [re.sub(r" in [\d.]+s|plugins: gradagree-.*\n", "", run.stdout) for run in (with_it, without)]
    assert lines[0] == lines[1]


def test_readme_s_test_passes_and_shows_the_explanation_of_a_wrong_loop(plain: Environment) -> None:
    (block,) = re.findall(
        r"```python\n(import gradagree\n.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    plain.write(test_readme=block, my_loop=RIGHT)
    assert "1 passed" in plain.pytest().stdout
    plain.write(my_loop=HALF)
    wrong = plain.pytest().stdout
    assert "1 failed" in wrong
    assert "first wrong value: step 0, w.grad" in wrong


def test_plugin_loaded_by_a_conftest_as_well_is_loaded_once(plain: Environment) -> None:
    """As in a checkout after `pip install -e`: its own tests of cells are run, and one table is printed."""
    plain.write(
        conftest='pytest_plugins = ["gradagree.pytest_plugin.plugin"]',
        test_cells="def test_agreement(row):\n    assert row.verdict == row.expected",
    )
    done = plain.pytest("--impl", "numpy_analytic", "--dtype", "float64", "--problem", "probe97", "-v")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "test_cells.py::test_agreement[numpy_analytic-cpu-float64-probe97] PASSED" in done.stdout
    assert ("1 passed" in done.stdout, done.stdout.count("= agreement =")) == (True, 1)


def test_short_options_of_a_conftest_are_left_to_it(plain: Environment) -> None:
    """And gradagree's are there under their long names."""
    plain.write(
        conftest="""
def pytest_addoption(parser):
    parser.addoption("--device", action="store", default="none")
    parser.addoption("--report", action="store_true")
""",
        test_mine="""
def test_mine(request):
    assert request.config.getoption("--device") == request.config.getoption("device") == "webcam"
    assert request.config.getoption("--report") is True
""",
        my_loop=RIGHT,
    )
    done = plain.pytest("--device", "webcam", "--report", "test_mine.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "agreement" not in done.stdout
    cells = plain.pytest("--gradagree-device", "cpu", *ONE_CELL, "-q")
    assert cells.returncode == 0, cells.stdout + cells.stderr
    assert "1 cell: 1 AGREES" in cells.stdout


def test_packages_of_the_same_names_are_neither_used_nor_hidden(plain: Environment) -> None:
    for name in ("reference", "impls"):
        (plain.folder / name).mkdir()
        (plain.folder / name / "__init__.py").write_text("mine = True\n")
    plain.write(my_loop="import reference, impls\nassert reference.mine and impls.mine\n" + RIGHT)
    code = "import gradagree, reference, impls; assert gradagree.Problem and reference.mine and impls.mine"
    assert plain.run("-c", code).returncode == 0
    checked = plain.gradagree("check", "my_loop.py", "--steps", "20")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    cells = plain.pytest(*ONE_CELL)
    assert cells.returncode == 0, cells.stdout + cells.stderr


@pytest.mark.parametrize("line", ["import reference.gram", "import os, impls", "from \\\n    reference import gram"])
def test_import_that_cannot_be_moved_ends_the_build(line: str, tmp_path: Path) -> None:
    for name in SOURCES[:4]:
        shutil.copy(ROOT / name, tmp_path)
    for package in PACKAGES:
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text(f"{line}\n" if package == "gradagree" else "")
    done = subprocess.run(
        [sys.executable, "-c", BUILD, "build_wheel", str(tmp_path)], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "ValueError: line 1: `" in done.stderr
