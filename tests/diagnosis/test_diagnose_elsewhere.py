"""Each numeric mistake in another framework, with other names, from another start, on 60 steps."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import numpy as np
import pytest

from gradagree.checking.run import Run
from gradagree.diagnosis.catalogue import MISTAKES
from gradagree.diagnosis.engine import diagnose
from reference.problem import Problem
from tests.support.diagnosing import WIDE, claim, problem, run

pytestmark = pytest.mark.sweep

FOLDER = Path(__file__).parents[1] / "support" / "loops"
# Read, not imported: listing tests must cost no framework.
LOOPS = [
    (framework, name)
    for framework in ("numpy", "torch", "jax")
    for name in re.findall(r"^def (gd\d\d\d\w*)\(", (FOLDER / f"in_{framework}.py").read_text("utf-8"), re.MULTILINE)
]


def elsewhere(dtype: str) -> Problem:
    """The classic problem from another start."""
    given = problem("stackoverflow", dtype)
    start = np.array([[-1.25]], dtype=given.x.dtype), np.array([3.5], dtype=given.x.dtype)
    return given.replace(w0=start[0], b0=start[1])


@pytest.mark.parametrize("dtype", WIDE)
@pytest.mark.parametrize(("framework", "name"), LOOPS, ids=[f"{f}-{n}" for f, n in LOOPS])
def test_diagnose_loop_in_another_framework_gets_its_code(framework: str, name: str, dtype: str) -> None:
    loop = getattr(importlib.import_module(f"tests.support.loops.in_{framework}"), name)
    on = elsewhere(dtype)
    # In float64 the first problem is enough, but for the coincidence N lr = 1, where lr twice is the mean twice.
    second = dtype == "float32" or name == "gd204_applied_twice"
    confirm = (lambda probe: run(loop, framework, probe)) if second else None
    found = diagnose(Run(run(loop, framework, on), on, claim(dtype, framework == "jax")), confirm=confirm)
    assert found.code == name[:5].upper(), found


def test_loops_elsewhere_commit_every_numeric_mistake() -> None:
    """The catalogue's own loop is in one framework; here is another, or another way in the same."""
    here = {name[:5].upper() for _, name in LOOPS}
    assert {m.code for m in MISTAKES.values() if m.kind == "numeric"} <= here
