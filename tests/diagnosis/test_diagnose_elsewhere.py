"""Each silent mistake in another framework, with other names, from another start, on 60 steps."""

from __future__ import annotations

import importlib
import importlib.util
import re
from types import ModuleType

import numpy as np
import pytest

from gradagree.checking.run import Run
from gradagree.diagnosis.catalogue import MISTAKES
from gradagree.diagnosis.engine import diagnose
from reference.problem import Problem
from tests.support.diagnosing import WIDE, claim, problem, run

pytestmark = pytest.mark.sweep

MODULES = ("numpy", "torch", "jax")


def _names(framework: str) -> list[str]:
    return re.findall(r"^def (gd\d\d\d\w*)\(", _text(framework), flags=re.MULTILINE)


def _module(framework: str) -> ModuleType:
    return importlib.import_module(f"tests.support.loops.in_{framework}")


def _text(framework: str) -> str:
    """The source, found without importing it: listing tests must cost no framework."""
    found = importlib.util.find_spec(f"tests.support.loops.in_{framework}")
    assert found is not None
    assert found.origin is not None
    with open(found.origin, encoding="utf-8") as file:
        return file.read()


LOOPS = [(framework, name) for framework in MODULES for name in _names(framework)]


def elsewhere(dtype: str) -> Problem:
    """The classic problem from another start."""
    given = problem("stackoverflow", dtype)
    start = np.array([[-1.25]], dtype=given.x.dtype), np.array([3.5], dtype=given.x.dtype)
    return given.replace(w0=start[0], b0=start[1])


@pytest.mark.parametrize("dtype", WIDE)
@pytest.mark.parametrize(("framework", "name"), LOOPS, ids=[f"{f}-{n}" for f, n in LOOPS])
def test_recognised_elsewhere(framework: str, name: str, dtype: str) -> None:
    loop = getattr(_module(framework), name)
    on = elsewhere(dtype)
    # In float64 the first problem is enough, but for the coincidence N lr = 1, where lr twice is the mean twice.
    second = dtype == "float32" or name == "gd204_applied_twice"
    confirm = (lambda probe: run(loop, framework, probe)) if second else None
    found = diagnose(Run(run(loop, framework, on), on, claim(dtype, framework == "jax")), confirm=confirm)
    assert found.code == name[:5].upper(), found


def test_every_silent_mistake_is_committed_elsewhere() -> None:
    """The catalogue's own loop is in one framework; here is another, or another way in the same."""
    here = {name[:5].upper() for _, name in LOOPS}
    assert {m.code for m in MISTAKES.values() if m.kind == "numeric"} <= here
