"""CI's table of versions, GitHub's matrix, nox and what pyproject promises say the same; linters see to the rest."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def toml(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text(encoding="utf-8"))


TABLE = toml(".ci/versions.toml")
ENTRIES = {entry["name"]: entry for entry in TABLE["entry"]}


def test_matrix_is_the_table_without_what_is_excluded_for_a_reason() -> None:
    done = subprocess.run([sys.executable, ".ci/matrix.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    jobs = {job["name"]: job for job in json.loads(done.stdout)["include"]}
    systems = [system["name"] for system in TABLE["system"]]
    excluded = {f"{each['system']}-{each['entry']}" for each in TABLE["exclude"] if each["reason"]}
    assert {*jobs} == {f"{system}-{entry}" for system in systems for entry in ENTRIES} - excluded
    assert jobs["macos-mps-oldest"]["devices"] == "--device mps --require mps"
    constraints = {name: jobs[name]["constraints"] for name in ("windows-newest", "windows-oldest")}
    assert constraints == {"windows-newest": "-c constraints.txt", "windows-oldest": ""}
    may_fail = {name for name, job in jobs.items() if job["may_fail"]}
    assert may_fail == {name for name in jobs if name.endswith("-nightly") or "-mps-" in name}


def test_newest_versions_are_those_that_constraints_pin() -> None:
    pins = {*(ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()}
    assert {*ENTRIES["newest"]["packages"]} <= pins


def test_oldest_versions_are_those_that_pyproject_promises() -> None:
    project = toml("pyproject.toml")["project"]
    extras = project["optional-dependencies"]
    promised = [*project["dependencies"], *extras["torch"], *extras["jax"]]
    for package in ENTRIES["oldest"]["packages"]:
        name, version = package.split("==")
        if name != "jaxlib":  # comes with jax
            assert f"{name}>={'.'.join(version.split('.')[:2])}" in promised
    assert project["requires-python"] == f">={ENTRIES['oldest']['python']}"


def test_nox_has_a_session_for_each_entry() -> None:
    pytest.importorskip("nox", reason="no nox here; pip install nox will do")
    command = [sys.executable, "-m", "nox", "--list", "--json", "--session", "agree"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    sessions = {each["call_spec"].get("entry", {}).get("name"): each["python"] for each in json.loads(done.stdout)}
    assert {name: entry["python"] for name, entry in ENTRIES.items()}.items() <= sessions.items()
