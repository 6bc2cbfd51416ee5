"""The versions of CI on this machine: `nox` runs the oldest and the newest, `nox -s 'agree(nightly)'` the nightlies."""

import sys
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent / ".ci"))
import matrix

nox.options.error_on_missing_interpreters = False
ENTRIES = matrix.table()["entry"]
nox.options.sessions = [f"agree({entry['name']})" for entry in ENTRIES if not entry.get("nightly")] + ["report"]


@nox.session
@nox.parametrize(
    "python,entry",
    [nox.param(entry["python"], entry, id=entry["name"]) for entry in ENTRIES],
)
def agree(session: nox.Session, entry: dict[str, object]) -> None:
    """The agreement matrix with one set of versions; its rows go to report/."""
    packages = [str(package) for package in entry["packages"]]  # type: ignore[attr-defined]
    session.install(*(["--pre", "--upgrade"] if entry.get("nightly") else []), "-e", ".[test]", *packages)
    rows = f"report/{entry['name']}.jsonl"
    session.run("python", "-m", "pytest", "tests/test_agreement.py", "-q", "--report", rows, *session.posargs)


@nox.session
def report(session: nox.Session) -> None:
    """All rows in report/ as one page."""
    session.install("-e", ".[report]")
    rows = sorted(str(path) for path in Path("report").glob("*.jsonl"))
    session.run("python", "-m", "gradagree", "report", *rows, "-o", "report/agreement.html")
