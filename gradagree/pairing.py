"""Which implementation meets which problem, in which dtype: what makes no sense is left out here, with its reason."""

from __future__ import annotations

import functools

from reference import problems, rounding
from reference.evaluate import Evaluation
from reference.formats import BY_NAME

DEPTHS = ("quick", "full")

# The dtype whose subnormal range a problem aims at.
MEANT_FOR = {"tiny_float32": "float32", "tiny_float16": "float16"}

# What a developer runs all day: the classics for everybody, and one problem of each shape for the light roads.
QUICK_TAILS = (7, 17, 255)
QUICK_SHAPES = (
    "lattice_64_targets", "lattice_4096", "lattice_wide_entries", "targets", "layouts_strided", "offset", "scales",
    "tiny_float32", "tiny_float16", "constant_x", "single_row", "norris", "diverging", "tails_rows_17",
)  # fmt: skip
# For a road that compiles or starts processes for each shape: the fewest problems that show each kind of fault.
FEW = ("probe97", "lattice_64_targets", "targets", "tails_params_17")


def excluded(framework: str, dtype: str, problem: str, flushes: bool) -> str | None:
    """Why a pairing makes no sense; `None` if it does.

    Parameters
    ----------
    framework, dtype, problem
        the pairing.
    flushes
        whether the implementation claims that subnormals are flushed to zero.
    """
    if MEANT_FOR.get(problem, dtype) != dtype:
        return f"its numbers are subnormal in {MEANT_FOR[problem]} alone"
    if problem in MEANT_FOR and flushes:
        return "subnormals are flushed: zero is as right as anything"
    if problem.startswith("layouts_") and framework == "jax":
        return "JAX's arrays have no strides"
    return out_of_range(dtype, problem)


@functools.lru_cache(maxsize=1024)
def out_of_range(dtype: str, problem: str) -> str | None:
    """Whether the very first gradient may leave the range of the dtype: nothing could be compared then."""
    if BY_NAME[dtype].emax > BY_NAME["float16"].emax:
        return None  # all data of the suite were chosen for the range of float32, which bfloat16 has too
    try:
        first = problems.load(problem).cast(dtype)
    except ValueError as error:
        return str(error)
    squares = first.least_squares
    V = first.start[None]
    sizes = rounding.scales(squares, V, Evaluation(squares, V).residual_squares())
    if not (sizes.peak[0] <= BY_NAME[dtype].largest):
        return f"sums of up to {sizes.peak[0]:.2g} leave the range of {dtype}"
    return None


def chosen(depth: str, weight: str, basic: bool, dtype: str, problem: str) -> bool:
    """Whether a cell belongs to a depth.

    Parameters
    ----------
    depth
        one of `DEPTHS`.
    weight
        how dear a new shape is to the implementation: `"light"`, `"compiles"` (each new shape is compiled, for about a
        second), or `"heavy"` (seconds for each run).
    basic
        whether it is one of the implementations that everything else is compared with.
    dtype, problem
        of the cell.
    """
    if depth == "full":
        if weight == "light" or problem in FEW:
            return True
        if weight == "compiles":
            return not problem.startswith("tails_") or problem.endswith(("_3", "_17"))
        return problem in problems.CLASSIC and dtype == "float32"
    if basic and problem in problems.CLASSIC:
        return True
    if weight != "light":
        return dtype == "float32" and problem in FEW[:2]
    if problem in ("probe97", "lattice_64_targets"):
        return True
    tail = problem in [f"tails_params_{n}" for n in QUICK_TAILS]
    return ((tail or problem in QUICK_SHAPES) and (basic or dtype == "float32")) or (tail and dtype == "bfloat16")
