"""Runs a loop on a problem and diagnoses what it recorded."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from gradagree.checking.run import Run
from gradagree.checking.verdict import Verdict
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
WIDE = ("float32", "float64")


@lru_cache
def problem(name: str, dtype: str, steps: int = STEPS) -> Problem:
    """A problem of the suite, shortened."""
    return dataclasses.replace(problems.load(name).cast(dtype), steps=steps)


@lru_cache
def claim(dtype: str, flushes: bool = False) -> Arithmetic:
    """The plain claim of a dtype."""
    return Arithmetic(BY_NAME[dtype], BY_NAME[dtype], flushes=flushes)


_HEADS = {
    "torch": """\
import torch

def descend(x, y, w, b, lr, steps):
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()
""",
    "numpy": """\
import numpy as np

def descend(x, y, w, b, lr, steps):
""",
    "jax": """\
import jax
import jax.numpy as jnp

def descend(x, y, w, b, lr, steps):
""",
}


def complete(framework: str, loop: str) -> str:
    """A module's source: `descend(x, y, w, b, lr, steps)` around a loop of the catalogue."""
    body = textwrap.indent(loop.strip("\n"), "    ")
    end = "" if loop.rstrip().splitlines()[-1].startswith("return") else "    return w, b\n"
    return f"{_HEADS[framework]}{body}\n{end}"


@cache
def snippet(framework_name: str, text: str) -> Callable[..., Any]:
    """The function of a snippet of the catalogue."""
    module: dict[str, Any] = {}
    exec(compile(complete(framework_name, text), "<snippet>", "exec"), module)
    found: Callable[..., Any] = module["descend"]
    return found


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
