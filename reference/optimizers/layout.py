"""Where the numbers of an array lie in memory: its shape, and the strides and the offset of a view."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

GUARD = 64  # entries before and behind whatever lies in memory: no vector of 16 reaches beyond


@dataclass(frozen=True)
class Layout:
    """A view into a larger array: entry `i` is number `offset + Σ_a i_a strides_a` of it.

    Parameters
    ----------
    shape
        the view's.
    strides
        in entries; 0 where one entry stands for all along an axis.
    size
        of the larger array, which has one axis.
    offset
        where the first entry lies.
    """

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    size: int
    offset: int = GUARD

    @property
    def positions(self) -> npt.NDArray[np.intp]:
        """The place of each entry in the larger array, in the order of the indices, `(n,)`."""
        found = np.full(self.shape, self.offset, dtype=np.intp)
        for axis, stride in enumerate(self.strides):
            along = stride * np.arange(self.shape[axis])
            found += along.reshape([-1 if a == axis else 1 for a in range(len(self.shape))])
        return found.reshape(-1)


def layout(shape: tuple[int, ...], kind: str = "contiguous") -> Layout:
    """A view of a kind, with a guard on both sides.

    Parameters
    ----------
    shape
        the view's.
    kind
        `"contiguous"`; `"strided"`, every second entry along each axis; `"transposed"`, the first axis fastest;
        `"expanded"`, one entry along the first axis.

    Raises
    ------
    ValueError
        if there is no such kind.
    """
    if kind == "strided":
        strides = tuple(2 * stride for stride in _contiguous([2 * n if a else n for a, n in enumerate(shape)]))
        strides = tuple(stride if a < len(shape) - 1 else 2 for a, stride in enumerate(strides))
    elif kind == "transposed":
        strides = tuple(reversed(_contiguous(shape[::-1])))
    elif kind == "expanded":
        strides = (0, *_contiguous(shape[1:])) if shape else ()
    elif kind == "contiguous":
        strides = _contiguous(shape)
    else:
        raise ValueError(f"layout: expected contiguous, strided, transposed or expanded, got {kind!r}")
    # The kernels that take a view for contiguous walk over as many numbers as it has: that stays in here, too.
    span = max(sum(stride * max(n - 1, 0) for stride, n in zip(strides, shape, strict=True)) + 1, math.prod(shape))
    return Layout(shape, strides, span + 2 * GUARD)


def _contiguous(shape: tuple[int, ...] | list[int]) -> tuple[int, ...]:
    """The last axis fastest."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
