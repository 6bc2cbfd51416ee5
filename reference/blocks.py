"""Rows of floats block by block, as the columns of which limbs are cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from reference.dyadic import FloatArray

Table = npt.NDArray[Any]
Exponents = npt.NDArray[np.int64]

LIMBS = 8
LOWEST = -320  # the exponent of the lowest grid, for which `batches` has the reason


class Blocks:
    """Blocks of rows, transposed to `(q, rows)` float64, the columns in an order of choice."""

    def __init__(self, tables: Sequence[Table], rows: int) -> None:
        self.tables, self.rows = tables, rows
        self.order = np.arange(sum(table.shape[1] for table in tables))
        self._memory = np.empty((LIMBS + 2, len(self.order), rows))

    def load(self, start: int) -> Exponents:
        """Read the rows from `start` on; the exponents `top` with `|z| ≤ 2**top`, column by column.

        Raises
        ------
        ValueError
            if a number is NaN or infinite.
        """
        parts = [table[start : start + self.rows] for table in self.tables]
        self.length = len(parts[0])
        self.values, self.scratch = self._memory[:2, :, : self.length]
        self.limbs = self._memory[2:].reshape(-1, self.rows)[:, : self.length]
        position = np.argsort(self.order)
        for part in parts:
            self.values[position[: part.shape[1]]] = part.T
            position = position[part.shape[1] :]
        largest = np.abs(self.values, out=self.scratch).max(axis=1)
        if not np.isfinite(largest).all():
            raise ValueError("columns: got NaN or infinity; finite numbers will do")
        return np.where(largest > 0, np.frexp(largest)[1], LOWEST).clip(LOWEST).astype(np.int64)

    def permute(self, ranks: Exponents, top: Exponents) -> Exponents:
        """Put the columns in another order, from this block on; `top` in that order."""
        self.order = self.order[ranks]
        self.values[:], self.scratch[:] = self.values[ranks], self.scratch[ranks]
        return top[ranks]

    def again(self, start: int) -> FloatArray:
        """The rows from `start` on as they came, `(rows, q)`."""
        return np.hstack([table[start : start + self.rows].astype(np.float64) for table in self.tables])
