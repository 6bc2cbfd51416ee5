"""In which format a sum is added up: where it stagnates.

`2^k + 1 - 2^k` is 1 where the accumulator has more than k bits, and 0 where it stagnates at `2^k`; unless `2^k - 2^k`
is added first. Which two are added first is the machine's secret, so each k is asked in three rows, in which the three
numbers change places: in one of them at least, `2^k + 1` comes first. The first k at which a row does not return its 1
is the accumulator's precision, whatever the order or tree of the sum, since all the other terms are zeros.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradagree.doctor.hypotheses import matching_hypothesis
from gradagree.doctor.operations import Operations
from reference.dyadic import FloatArray
from reference.formats import BY_NAME, dtype_of
from reference.validate import FloatData

TERMS = 256
PLACES = ((0, 1, 2), (0, TERMS // 2, TERMS - 1))  # in one lane or block, and in several
WIDEST = 64
NAMES = {8: "bfloat16", 11: "float16", 24: "float32", 53: "float64"}
COLUMNS = 16


def in_products(operations: Operations, dtype: str) -> str:
    """The accumulator of a matrix product, with many columns and with one: those are different code."""
    many = _asked(dtype, lambda rows: operations.matmul(rows, np.ones((TERMS, COLUMNS), rows.dtype))[:, 0])
    one = _asked(dtype, lambda rows: operations.matmul(rows, np.ones((TERMS, 1), rows.dtype))[:, 0])
    return many if many == one else f"{many}, with one column {one}"


def in_sums(operations: Operations, dtype: str) -> str:
    """The accumulator of a sum over rows."""
    return _asked(dtype, lambda rows: operations.total(np.ascontiguousarray(rows.T)))


def in_gradients(operations: Operations, dtype: str) -> str:
    """The accumulator of b's gradient."""
    return _asked(dtype, lambda rows: operations.gradient_of_b(np.ascontiguousarray(rows.T)))


def _asked(dtype: str, add: Callable[[FloatData], FloatArray]) -> str:
    form = BY_NAME[dtype]
    # The 1 is a smaller power of two where the dtype's range is small.
    one = max(form.emin, min(0, form.emax - WIDEST))
    exponents = np.arange(2, min(WIDEST, form.emax - one) + 1)
    rows = np.zeros((len(PLACES), len(exponents), 3, TERMS))
    for place, columns in enumerate(PLACES):
        for turn in range(3):
            large, small, opposite = np.roll(columns, turn)
            rows[place, :, turn, large], rows[place, :, turn, opposite] = 2.0**exponents, -(2.0**exponents)
            rows[place, :, turn, small] = 1
    sums = add((rows.reshape(-1, TERMS) * 2.0**one).astype(dtype_of(dtype))) / 2.0**one
    sums = sums.reshape(rows.shape[:-1])
    kept = (sums == 1).all(axis=(0, 2))
    # Where the smallest k is lost as well, it is something else that is wrong.
    hypotheses = {NAMES.get(int(k), f"{k} bits"): exponents < k for k in exponents[1:]}
    return matching_hypothesis(kept, hypotheses | {f"more than {exponents[-1]} bits": exponents > 0}, sums)
