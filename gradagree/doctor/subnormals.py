"""Whether numbers below the normal range are kept, as results and as operands; elementwise and in matrix products."""

from __future__ import annotations

import numpy as np

from gradagree.doctor.hypotheses import matching_hypothesis
from gradagree.doctor.operations import Operations
from reference.dyadic import FloatArray
from reference.formats import BY_NAME, dtype_of


def subnormals(operations: Operations, dtype: str) -> str:
    """`kept` or `flushed`."""
    smallest = BY_NAME[dtype].smallest_normal
    # Half the smallest normal number, made and read.
    a = np.array([smallest, smallest / 2]).astype(dtype_of(dtype))
    b = np.array([0.5, 2]).astype(dtype_of(dtype))
    elementwise = _answer(operations.times(a, b), smallest)
    in_products = _answer(np.diagonal(operations.matmul(a[:, None], b[None, :])), smallest)
    return elementwise if elementwise == in_products else f"{elementwise}, in products {in_products}"


def _answer(got: FloatArray, smallest: float) -> str:
    return matching_hypothesis(
        got,
        {
            "kept": [smallest / 2, smallest],
            "flushed": [0, 0],
            "flushed as results": [0, smallest],
            "flushed as operands": [smallest / 2, 0],
        },
    )
