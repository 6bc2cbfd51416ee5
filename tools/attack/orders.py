"""Orders of summation over the first axis, in any arithmetic: each addition is the one that is given.

By default NumPy's own, which rounds to the format of the terms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Order = Callable[[Array], Array]
Add = Callable[[Array, Array], Array]


def in_turn(terms: Array, add: Add = np.add) -> Array:
    """One accumulator."""
    if add is np.add:
        return np.asarray(np.add.accumulate(terms, axis=0)[-1])
    total = terms[0]
    for term in terms[1:]:
        total = add(total, term)
    return np.asarray(total)


def backwards(terms: Array, add: Add = np.add) -> Array:
    """The last first."""
    return in_turn(terms[::-1], add)


def smallest_first(terms: Array) -> Array:
    """By size."""
    return in_turn(np.take_along_axis(terms, _by_size(terms), axis=0))


def largest_first(terms: Array) -> Array:
    """By size."""
    return in_turn(np.take_along_axis(terms, _by_size(terms)[::-1], axis=0))


def in_pairs(terms: Array, add: Add = np.add) -> Array:
    """Neighbours, then neighbours' sums; one that is left over waits."""
    while len(terms) > 1:
        even = len(terms) - len(terms) % 2
        terms = np.concatenate([add(terms[:even:2], terms[1:even:2]), terms[even:]])
    return np.asarray(terms[0])


def in_lanes(terms: Array, add: Add = np.add, lanes: int = 8) -> Array:
    """As a vector unit adds: every eighth term, then across the lanes, then what is left over."""
    whole = len(terms) - len(terms) % lanes
    if not whole:
        return in_turn(terms, add)
    across = in_turn(terms[:whole].reshape(whole // lanes, lanes, *terms.shape[1:]), add)
    return in_turn(np.concatenate([across, terms[whole:]]), add)


def in_blocks(terms: Array, rows: int = 128) -> Array:
    """As cache-blocked and split-K products add: each block, then the blocks' sums."""
    return in_turn(np.stack([in_turn(terms[start : start + rows]) for start in range(0, len(terms), rows)]))


def compensated(terms: Array, add: Add = np.add) -> Array:
    """Kahan's: what each addition lost is given back to the next."""
    total, lost = terms[0], np.zeros_like(terms[0])
    for term in terms[1:]:
        given = add(term, -lost)
        new = add(total, given)
        lost = add(add(new, -total), -given)
        total = new
    return np.asarray(total)


def _by_size(terms: Array) -> Array:
    return np.argsort(np.abs(terms.astype(np.float64)), axis=0, kind="stable")
