"""Runs a loop on a problem and diagnoses what it recorded."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from gradagree.checking.run import Run
from gradagree.checking.verdict import Verdict
from gradagree.diagnosis.catalogue import MISTAKES
from gradagree.diagnosis.compare import compare
from gradagree.diagnosis.diagnosis import Diagnosis
from gradagree.diagnosis.engine import diagnose
from gradagree.runtime.frameworks import framework
from gradagree.runtime.record import record
from gradagree.runtime.trajectory import Trajectory
from reference import problems
from reference.arithmetic import Arithmetic
from reference.formats import BY_NAME
from reference.problem import Problem

STEPS = 60
# Not into lists.
RIGHT = {m.framework: m.right for m in MISTAKES.values() if not m.like and m.right.startswith(("for", "def"))}
WIDE = ("float32", "float64")


@lru_cache
def problem(name: str, dtype: str, steps: int = STEPS) -> Problem:
    """A problem of the suite, shortened."""
    return dataclasses.replace(problems.load(name).cast(dtype), steps=steps)


@lru_cache
def claim(dtype: str, flushes: bool = False) -> Arithmetic:
    """The plain claim of a dtype."""
    return Arithmetic(BY_NAME[dtype], BY_NAME[dtype], flushes=flushes)


IMPORTS = {"torch": "import torch", "numpy": "import numpy as np", "jax": "import jax"}
LEAVES = "    w, b = (leaf.detach().clone().requires_grad_() for leaf in (w, b))\n"


def complete(framework: str, loop: str) -> str:
    """A module's source: `descend(x, y, w, b, lr, steps)` around a loop of the catalogue."""
    body = (LEAVES if framework == "torch" else "") + textwrap.indent(loop, "    ")
    end = "" if loop.splitlines()[-1].startswith("return") else "\n    return w, b"
    return f"{IMPORTS[framework]}\n\ndef descend(x, y, w, b, lr, steps):\n{body}{end}\n"


@cache
def snippet(framework_name: str, loop: str) -> Callable[..., Any]:
    """The function around a loop of the catalogue."""
    module: dict[str, Any] = {}
    exec(compile(complete(framework_name, loop), "<snippet>", "exec"), module)
    found: Callable[..., Any] = module["descend"]
    return found


def wrong(code: str) -> tuple[Callable[..., Any], str]:
    """The loop that commits a mistake, and its framework."""
    mistake = MISTAKES[code]
    return snippet(mistake.framework, mistake.wrong), mistake.framework


def right(framework_name: str = "numpy") -> tuple[Callable[..., Any], str]:
    """The right loop in a framework, and the framework."""
    return snippet(framework_name, RIGHT[framework_name]), framework_name


def run(loop: Callable[..., Any], framework_name: str, on: Problem) -> Trajectory:
    """What a loop does on a problem."""
    return record(loop, on, framework(framework_name))


def diagnosis(
    loop: Callable[..., Any],
    framework_name: str,
    dtype: str,
    name: str = "stackoverflow",
    confirmed: bool = False,
    reduction: str = "mse",
    steps: int = STEPS,
) -> Diagnosis:
    """The diagnosis of a loop, with or without a second problem."""
    on, arithmetic = problem(name, dtype, steps), claim(dtype, framework_name == "jax")
    on = dataclasses.replace(on, reduction=reduction)
    confirm = (lambda probe: run(loop, framework_name, probe)) if confirmed else None
    return diagnose(Run(run(loop, framework_name, on), on, arithmetic), confirm=confirm)


def judged(loop: Callable[..., Any], framework_name: str, dtype: str, steps: int = STEPS) -> tuple[Verdict, Diagnosis]:
    """The verdict on a loop and its diagnosis, in float32 confirmed on a second problem."""
    on, arithmetic = problem("stackoverflow", dtype, steps), claim(dtype, framework_name == "jax")
    trajectory = run(loop, framework_name, on)
    # The second problem is run in one dtype, for the tests' time.
    confirm = (lambda probe: run(loop, framework_name, probe)) if dtype == "float32" else None
    found = diagnose(Run(trajectory, on, arithmetic), confirm=confirm)
    return compare(Run(trajectory, on, arithmetic)).verdict, found
