"""Known defects: their rows and their scripts belong together, and a surprise fails both ways."""

import ast
import dataclasses
import functools
import importlib.metadata
import platform
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from gradagree.matrix import known_defects, optimizer_defects, registry
from gradagree.matrix.effects import Effect
from gradagree.matrix.findings import FINDINGS, Finding
from gradagree.matrix.known_defects import KNOWN, KnownDefect, expected
from gradagree.runtime.frameworks import installed
from impls import numpy_analytic

pytestmark = pytest.mark.sweep

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "examples" / "findings").glob("*.py"))
IN_MATRIX = {known.script for known in KNOWN}


def framework_of(script: Path) -> str:
    """The framework that a finding's script imports; JAX beside optax alone, no other, and nothing of ours."""
    nodes = [node for node in ast.walk(ast.parse(script.read_text())) if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)]
    found = {name.partition(".")[0] for name in names} - sys.stdlib_module_names
    (framework,) = found - {"jax"} if "optax" in found else found
    return framework


def shows_here(script: Path) -> bool:
    """Whether a row says that the script's defect shows with the installed version, on this processor."""
    version = importlib.metadata.version(framework_of(script))
    return any(
        known.script == script.name
        and any(known.covers(known.implementation, "cpu", dtype, known.problem, version) for dtype in known.dtypes)
        for known in KNOWN
    )


def test_every_row_has_a_script_and_every_script_a_row() -> None:
    outside = [finding.script for finding in FINDINGS]
    assert len(set(outside)) == len(outside)
    assert not IN_MATRIX & set(outside)
    assert IN_MATRIX | set(outside) == {script.name for script in SCRIPTS}


def test_every_defect_of_optimizers_has_a_finding_with_its_script() -> None:
    assert {known.script for known in optimizer_defects.KNOWN} <= {finding.script for finding in FINDINGS}


def test_every_row_is_about_roads_and_problems_that_exist() -> None:
    from fnmatch import filter as matching

    from reference.problems import NAMES

    for known in KNOWN:
        assert matching([entry.name for entry in registry.first_order()], known.implementation), known
        assert matching(NAMES, known.problem), known
        assert all(matching(NAMES, spared) for spared in known.problems_spared), known


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.script[:-3])
def test_finding_with_the_versions_it_was_seen_with_shows_its_size(finding: Finding, tmp_path: Path) -> None:
    script = ROOT / "examples" / "findings" / finding.script
    if find_spec(framework_of(script)) is None:
        pytest.skip(f"{framework_of(script)} is not installed")
    version = importlib.metadata.version(framework_of(script))
    if not finding.seen_with(version):
        pytest.skip(f"it was seen with {finding.versions}, and {version} is installed")
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 1
    assert finding.shows in done.stdout


@pytest.mark.parametrize(("version", "seen"), [("2.13.0+cpu", True), ("2.12.1", False), ("2.14.0", False)])
def test_finding_of_one_release_says_nothing_of_others(version: str, seen: bool) -> None:
    assert Finding("none.py", "nothing").seen_with(version) is seen


@pytest.mark.parametrize("script", [s for s in SCRIPTS if s.name in IN_MATRIX], ids=lambda path: path.stem)
def test_a_script_shows_its_defect_exactly_where_a_row_says_so(script: Path, tmp_path: Path) -> None:
    if not installed(framework_of(script)):
        pytest.skip(f"{framework_of(script)} is not installed")
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout
    assert done.returncode == shows_here(script)


# The rows decide.

ROW = KnownDefect(
    implementation="numpy_analytic",
    problem="probe*",
    devices=("cpu",),
    dtypes=("float32",),
    versions=">=2.4,<=2.13.0",
    reason="a planted row",
    effect=Effect(moves=lambda gradient: gradient / 2),
    issue="planted#1",
    script="none.py",
)


@pytest.mark.parametrize(
    ("pairing", "covered"),
    [
        (("numpy_analytic", "cpu", "float32", "probe97", "2.13.0+cpu"), True),
        (("numpy_analytic", "cpu", "float32", "probe97", "2.13.1"), False),
        (("numpy_analytic", "cpu", "float32", "probe97", "2.3.9"), False),
        (("numpy_analytic", "cpu", "float32", "norris", "2.13.0"), False),
        (("numpy_analytic", "cpu", "float64", "probe97", "2.13.0"), False),
        (("numpy_analytic", "cuda", "float32", "probe97", "2.13.0"), False),
        (("numpy_gram", "cpu", "float32", "probe97", "2.13.0"), False),
    ],
)
def test_a_row_covers_its_cells_alone(pairing: tuple[str, str, str, str, str], covered: bool) -> None:
    assert ROW.covers(*pairing) is covered


def test_a_problem_that_is_spared_is_not_covered() -> None:
    spared = dataclasses.replace(ROW, problems_spared=("probe97",))
    assert not spared.covers("numpy_analytic", "cpu", "float32", "probe97", "2.13.0")


@pytest.mark.parametrize(("machines", "covered"), [((), True), ((platform.machine(),), True), (("z80",), False)])
def test_a_row_is_about_its_processors(machines: tuple[str, ...], covered: bool) -> None:
    row = dataclasses.replace(ROW, machines=machines)
    assert row.covers("numpy_analytic", "cpu", "float32", "probe97", "2.13.0") is covered


def test_a_cell_in_no_row_is_expected_to_agree() -> None:
    assert expected("numpy_analytic", "cpu", "float32", "probe97", "2.4.6") is None


@pytest.mark.parametrize(
    ("dtype", "version", "known"),
    [
        ("float32", "2.6.0", True),
        ("float32", "2.10.0+cpu", True),
        ("float32", "2.11.0", False),
        ("float64", "2.6.0", False),
    ],
)
def test_a_sum_for_a_mean_is_known_up_to_2_10(dtype: str, version: str, known: bool) -> None:
    found = expected("torch_fsdp", "cpu", dtype, "targets", version)
    assert (found is not None and found.issue == "pytorch#162338") is known


# A surprise fails both ways.


@pytest.fixture
def matrix(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest('pytest_plugins = ["gradagree.pytest_plugin.plugin"]')
    pytester.makepyfile(test_agreement=(ROOT / "tests" / "test_agreement.py").read_text())
    return pytester


def test_a_declared_defect_that_no_longer_shows_fails(matrix: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_defects, "KNOWN", (dataclasses.replace(ROW, versions=">=2"),))
    result = matrix.runpytest("-k", "numpy_analytic", "--dtype", "float32", "--problem", "probe97")
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["*AGREES, where planted#1 made DISAGREES of it: is it mended?*"])


@pytest.mark.parametrize(("declared", "outcome"), [(True, "passed"), (False, "failed")])
def test_a_defect_fails_unless_it_is_declared(
    matrix: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, declared: bool, outcome: str
) -> None:
    monkeypatch.setattr(numpy_analytic, "descend", _halved)
    row = dataclasses.replace(ROW, versions=">=2")
    monkeypatch.setattr(known_defects, "KNOWN", (row,) if declared else ())
    result = matrix.runpytest("-k", "numpy_analytic", "--dtype", "float32", "--problem", "probe97")
    assert result.parseoutcomes()[outcome] == 1
    result.stdout.fnmatch_lines(["numpy_analytic *DISAGREES*"])


def test_a_second_fault_in_a_declared_cell_fails(matrix: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numpy_analytic, "descend", functools.partial(_halved, of_b=1))
    monkeypatch.setattr(known_defects, "KNOWN", (dataclasses.replace(ROW, versions=">=2"),))
    result = matrix.runpytest("-k", "numpy_analytic", "--dtype", "float32", "--problem", "probe97")
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["*DISAGREES: beyond the known defect, that a planted row: step 0, b[[]0]: got *"])
    result.stdout.no_fnmatch_line("*DISAGREES (known: *")


def _halved(x, y, w, b, lr, steps, of_b=0.5):  # type: ignore[no-untyped-def]
    """Descent at half the rate."""
    for _ in range(steps):
        residual = x @ w + b - y
        scaled = residual * (2 / y.size)
        gradient_w, gradient_b = x.T @ scaled, scaled.sum(axis=0)
        yield w, b, gradient_w, gradient_b
        w, b = w - lr / 2 * gradient_w, b - of_b * lr * gradient_b
    return w, b
