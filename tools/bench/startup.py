"""Start-up: what is imported before it is asked for, how long that takes, and the suite's own wall time."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

from tools.bench.figures import Result, at_most, in_turn, seconds, told

ROOT = Path(__file__).parents[2]
COLLECT = ["-m", "pytest", "tests/test_agreement.py", "--collect-only", "-q", "-k", "numpy", "-p", "no:cacheprovider"]
FRAMEWORKS = f"""
import sys, pytest
pytest.main({COLLECT[2:]!r})
print("imported:", *(name for name in ("torch", "jax") if name in sys.modules))
"""


def measure() -> list[Result]:
    """Import times in fresh interpreters, frameworks imported without need, and the quick matrix: NumPy's, and all."""
    modules = ("numpy", "reference.least_squares", "gradagree.pytest_plugin.plugin", "impls")
    taken = in_turn({name: functools.partial(_python, ["-c", f"import {name}"]) for name in modules}, repeats=3)
    found = [told(f"a fresh interpreter that imports {name}", 1e3 * took, "ms") for name, took in taken.items()]
    found.append(told("pytest --collect-only -k numpy", seconds(lambda: _python(COLLECT)), "s"))
    early = _python(["-c", FRAMEWORKS]).splitlines()[-1].removeprefix("imported:").split()
    found.append(at_most("frameworks imported by pytest --collect-only -k numpy", len(early), 0, ""))
    matrix = ["-m", "pytest", "tests/test_agreement.py", "-q", "-p", "no:cacheprovider", "--depth", "quick"]
    walls = {"NumPy": ["-k", "numpy"], "every framework here, two workers": ["-n", "2"]}
    for whose, arguments in walls.items():
        wall = seconds(functools.partial(_python, [*matrix, *arguments]))
        found.append(told(f"the agreement matrix of {whose}, quick depth", wall, "s"))
    return found


def _python(arguments: list[str]) -> str:
    """What an interpreter prints; a failure, the time of which would mean nothing, ends the benchmark.

    Raises
    ------
    RuntimeError
        with the last lines of what it printed.
    """
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-5:])
        raise RuntimeError(f"python {' '.join(arguments)}: exit status {done.returncode}\n{last}")
    return done.stdout
