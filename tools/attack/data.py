"""Data for correct code to be run on: B sets of rows at once, and K iterates for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Data:
    """Rows come first, so that sums are over the first axis.

    Parameters
    ----------
    x, y
        `(N, B, 1, d)` and `(N, B, 1, m)`, in the storage format.
    V
        `(B, K, p, m)`: the iterates `[w; b]`.
    lr
        `(B,)` float64: the learning rates as they are meant.
    """

    x: Array
    y: Array
    V: Array
    lr: npt.NDArray[np.float64]

    @property
    def rows(self) -> int:
        return len(self.x)

    @property
    def m(self) -> int:
        return int(self.y.shape[-1])

    @property
    def count(self) -> int:
        """N m: over how many entries the mean is taken."""
        return self.rows * self.m

    @property
    def X(self) -> Array:
        """`[x, 1]`, `(N, B, 1, p)`."""
        return np.concatenate([self.x, np.ones((*self.x.shape[:-1], 1), self.x.dtype)], axis=-1)

    @property
    def w(self) -> Array:
        return self.V[..., :-1, :]

    @property
    def b(self) -> Array:
        return self.V[..., -1, :]

    def slice(self, start: int, stop: int) -> Data:
        """Some of the rows: a micro-batch."""
        return Data(self.x[start:stop], self.y[start:stop], self.V, self.lr)
