"""Arrays as views into larger ones, the way slices and transposes of real data are.

What lies beside the view in memory is NaN: code that reads past a stride or an offset cannot then get away with it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradagree.runtime.frameworks.framework import Framework
from reference.problem import Problem
from reference.validate import FloatData


def with_memory_layout(framework: Framework, values: FloatData, device: str, layout: str) -> Any:
    """A native `(N, d)` array of these values, as a view of the kind that `layout` names."""
    rows, columns = values.shape
    if layout == "transposed":
        return framework.array(np.ascontiguousarray(values.T), device).T
    if layout == "strided":
        return framework.array(_among_nan(values, (2 * rows, 2 * columns), np.s_[::2, ::2]), device)[::2, ::2]
    if layout == "offset":
        return framework.array(_among_nan(values, (rows + 1, columns + 1), np.s_[1:, 1:]), device)[1:, 1:]
    return framework.array(values, device)


def inputs(framework: Framework, problem: Problem, device: str) -> list[Any]:
    """What an implementation is given of a problem, as native arrays on a device: x in its layout, y, w and b."""
    x = with_memory_layout(framework, problem.x, device, problem.layout)
    return [x, *(framework.array(values, device) for values in (problem.y, problem.w0, problem.b0))]


def _among_nan(values: FloatData, shape: tuple[int, int], where: tuple[slice, slice]) -> FloatData:
    larger = np.full(shape, np.nan, dtype=values.dtype)
    larger[where] = values
    return larger
