"""Which implementation meets which problem, in which dtype: what makes no sense is left out here, with its reason."""

from __future__ import annotations

import functools

import numpy as np

from gradagree.checking.check import resolution
from gradagree.matrix.registry import Implementation
from gradagree.runtime import frameworks
from reference import problems
from reference.arithmetic import Arithmetic
from reference.formats import FLOAT32, FLOAT64
from reference.problems import DENSE_LATTICES, cast
from reference.truth import Truth

# The dtype whose subnormal range a problem aims at.
MEANT_FOR = {"tiny_float32": "float32", "tiny_float16": "float16"}

# How many parameters a forward pass is made for, on so many rows that it is seconds or minutes.
FORWARD_TAKES_LONG = {"wide": "2,080", "long_wide": "272", "dense_lattice_65536_targets": "272"}

# What a developer runs all day: the classics for everybody, and one problem of each shape for the light ones.
QUICK_TAILS = (7, 17, 65)
QUICK_SHAPES = (
    "lattice_64_targets", "lattice_4096", "lattice_wide_entries", "dense_lattice_32768", "targets", "layouts_strided",
    "offset", "scales", "tiny_float32", "tiny_float16", "constant_x", "single_row", "norris", "diverging",
    "tails_rows_17",
)  # fmt: skip
# For one that compiles for each shape: the fewest problems that show each kind of fault.
FEW = ("probe97", "lattice_64_targets", "targets", "tails_params_17")
# For one that also starts processes: those of few steps.
FEWEST = FEW[1:]


def excluded(entry: Implementation, device: str, dtype: str, problem: str) -> str | None:
    """Why an implementation does not meet a problem on a device in a dtype, which makes no sense; `None` if it does.

    What a machine's own device lacks is told by its framework, when the cell is run.
    """
    claim, never = entry.arithmetic(device, dtype), impossible(entry.framework, device, dtype, problem)
    if never is not None:
        return never
    if problem in FORWARD_TAKES_LONG and entry.forward:
        return f"one forward pass for each of its {FORWARD_TAKES_LONG[problem]} parameters takes too long"
    if MEANT_FOR.get(problem, dtype) != dtype:
        return f"its numbers are subnormal in {MEANT_FOR[problem]} alone"
    if problem in MEANT_FOR and claim.flushes:
        return "subnormals are flushed: zero is as right as anything"
    if claim.storage in (FLOAT32, FLOAT64) and claim.multiply is None and problem not in (*DENSE_LATTICES, "long_wide"):
        return None  # all other data of the suite were chosen for their range and precision
    return uninformative(claim, dtype, problem)


def impossible(framework: str, device: str, dtype: str, problem: str) -> str | None:
    """Why there can be no such arrays, whatever is computed with them; `None` if there can."""
    if device == "mps" and dtype == "float64":
        return "Apple's GPUs have no float64"
    if "strides" in problems.tags(problem) and not frameworks.declared(framework).strides:
        return f"{frameworks.declared(framework).title}'s arrays have no strides"
    return None


@functools.lru_cache(maxsize=4096)
def uninformative(claim: Arithmetic, dtype: str, problem: str) -> str | None:
    """Whether the very first gradient leaves the dtype's range, or has bounds wider than itself: known beforehand."""
    try:
        first = cast(problem, dtype)
    except ValueError as error:
        return str(error)
    truth = Truth(first, claim, first.V0[None])
    if truth.may_overflow(0):
        return f"sums of up to {truth.peak[0]:.2g} leave the range of {dtype}"
    if not (resolution(truth.gradient_bound, np.abs(truth.gradient)) < 1):
        return f"its bounds are wider than its gradients: {first.x.shape[0]} rows in {claim.accumulate.name}"
    return None


def chosen(depth: str, entry: Implementation, dtype: str, problem: str) -> bool:
    """Whether a cell belongs to a depth, one of `DEPTHS`, by what a new shape costs its implementation."""
    weight, basic = entry.weight, entry.basic
    if depth == "full":
        if weight == "light" or problem in FEWEST:
            return True
        if weight == "compiles":
            return "tails" not in problems.tags(problem) or problem.endswith(("_3", "_17"))
        return problem == "probe97" and dtype == "float32"
    if basic and problem in problems.CLASSIC:
        # Where a step takes milliseconds, float16 on one of them: its bounds see a tenth of a gradient and no less.
        return weight == "light" or dtype != "float16" or problem == FEW[0]
    if weight != "light":
        return dtype == "float32" and problem in (FEW[:2] if weight == "compiles" else ("targets",))
    if problem in ("probe97", "lattice_64_targets"):
        return True
    if problem == "long_wide":
        return basic and dtype == "float32"
    tail = problem in [f"tails_params_{n}" for n in QUICK_TAILS]
    return ((tail or problem in QUICK_SHAPES) and (basic or dtype == "float32")) or (tail and dtype == "bfloat16")
