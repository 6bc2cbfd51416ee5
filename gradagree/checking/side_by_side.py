"""Numbers of several parameters in one array, `(K, n)`, beside the exact ones; each keeps its parameter and index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gradagree.checking.check import Check, Place, check
from reference.dyadic import FloatArray
from reference.formats import FLOAT64


@dataclass(frozen=True)
class Column:
    """Where one parameter's numbers stand: so many of them, in an array of this shape, of one number perhaps."""

    name: str
    count: int
    shape: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class SideBySide:
    """One quantity of several parameters over a run.

    Parameters
    ----------
    columns
        the parameters, in order.
    got, exact, bound, signal
        as `check` takes them, `(K, n)`; the exact numbers rounded to float64.
    """

    columns: tuple[Column, ...]
    got: FloatArray
    exact: FloatArray
    bound: FloatArray
    signal: FloatArray

    def check(self, quantity: str, largest: float = np.inf) -> Check:
        """Compare them; what is not finite is wrong wherever the exact number is no larger than `largest`."""
        with np.errstate(invalid="ignore", over="ignore"):
            error = np.where(self.got == self.exact, 0.0, self.got - self.exact)
            error = np.where(~np.isfinite(self.got) & (np.abs(self.exact) <= largest), np.nan, error)
            bound = self.bound * (1 + 4 * FLOAT64.unit_roundoff)  # the difference was rounded
        count = len(self.got) * len(self.columns)
        return check(quantity, self.got, error, bound, self.signal, count, _place(self.columns))


def joined(parts: Sequence[SideBySide]) -> SideBySide:
    """Several of one quantity in one, as many steps as all of them have."""
    steps = min(len(part.got) for part in parts)
    fields = ([getattr(part, name)[:steps] for part in parts] for name in ("got", "exact", "bound", "signal"))
    columns = tuple(column for part in parts for column in part.columns)
    return SideBySide(columns, *(np.concatenate(each, axis=1) for each in fields))


def unchanged(got: Mapping[str, FloatArray], expected: Mapping[str, FloatArray]) -> SideBySide:
    """Numbers that must be these very ones, `(K, …)` by name."""
    columns = tuple(Column(name, int(np.prod(a.shape[1:])), a.shape[1:]) for name, a in expected.items())
    flat, exact = (_flat(each[column.name] for column in columns) for each in (got, expected))
    zeros = np.zeros_like(flat)
    return SideBySide(columns, flat, exact, zeros, zeros)


def _flat(arrays: Iterable[FloatArray]) -> FloatArray:
    return np.concatenate([a.reshape(len(a), -1) for a in arrays], axis=1)


def _place(columns: Sequence[Column]) -> Callable[[tuple[int, ...], tuple[int, ...]], Place]:
    ends = np.cumsum([column.count for column in columns])

    def place(_: tuple[int, ...], at: tuple[int, ...]) -> Place:
        which = int(np.searchsorted(ends, at[0], side="right"))
        column = columns[which]
        index = np.unravel_index(at[0] - (ends[which] - column.count), column.shape) if column.shape else ()
        return column.name, tuple(int(i) for i in index)

    return place
