"""How the tests put a loop before the judge."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from gradagree.checking.run import Run
from gradagree.checking.verdict import Judgement
from gradagree.diagnosis.compare import compare
from gradagree.runtime.frameworks import framework
from gradagree.runtime.record import record
from gradagree.runtime.trajectory import Trajectory
from reference import problems
from reference.arithmetic import Arithmetic
from reference.formats import BY_NAME
from reference.problem import Problem


def recorded(run: Callable[..., Any], problem: Problem, on: str = "numpy") -> Trajectory:
    return record(run, problem, framework(on), "cpu")


def judged(
    run: Callable[..., Any], dtype: str = "float32", name: str = "stackoverflow", on: str = "numpy"
) -> Judgement:
    """The verdict on a loop, under the plain claim of the dtype."""
    problem = problems.load(name).cast(dtype)
    return compare(Run(recorded(run, problem, on), problem, plain(dtype)))


def plain(dtype: str) -> Arithmetic:
    wide = dtype in ("float32", "float64")
    return Arithmetic(BY_NAME[dtype], BY_NAME[dtype] if wide else BY_NAME["float32"])


def dyadic(dtype: str) -> Arithmetic:
    """The same of an evaluation by powers of two: on a lattice it is held to every bit."""
    return dataclasses.replace(plain(dtype), dyadic=True)
