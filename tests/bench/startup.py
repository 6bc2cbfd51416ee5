"""Start-up: what is imported before it is asked for, how long that takes, and the suite's own wall time."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

from tests.bench.figures import Result, at_most, in_turn, seconds, told

ROOT = Path(__file__).parents[2]
COLLECT = ["-m", "pytest", "tests/test_agreement.py", "--collect-only", "-q", "-k", "numpy", "-p", "no:cacheprovider"]
FRAMEWORKS = f"""
import sys, pytest
pytest.main({COLLECT[2:]!r})
print("imported:", *(name for name in ("torch", "jax") if name in sys.modules))
"""


def measure() -> list[Result]:
    """Import times in fresh interpreters, frameworks imported without need, and the quick matrix of NumPy."""
    modules = ("numpy", "reference.least_squares", "gradagree.plugin", "impls")
    taken = in_turn({name: functools.partial(_python, ["-c", f"import {name}"]) for name in modules}, repeats=3)
    found = [told(f"a fresh interpreter that imports {name}", 1e3 * took, "ms") for name, took in taken.items()]
    found.append(told("pytest --collect-only -k numpy", seconds(lambda: _python(COLLECT)), "s"))
    early = _python(["-c", FRAMEWORKS]).splitlines()[-1].removeprefix("imported:").split()
    found.append(at_most("frameworks imported by pytest --collect-only -k numpy", len(early), 0, ""))
    matrix = ["-m", "pytest", "tests/test_agreement.py", "-q", "-k", "numpy", "-p", "no:cacheprovider"]
    wall = seconds(lambda: _python([*matrix, "--depth", "quick"]))
    return [*found, told("the agreement matrix of NumPy, quick depth", wall, "s")]


def _python(arguments: list[str]) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout
