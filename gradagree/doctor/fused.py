"""Whether a matrix product rounds a product before it adds it.

With r the rounded square of x, `x² - r` is what that rounding lost: ρ where the product is added as it is, 0 where it
is rounded first. A fused multiply-add does the one or the other, as it meets -r or x² first; so both orders are asked,
and in several distances, since two terms that fall into different lanes do not meet.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from gradagree.doctor.hypotheses import matching_hypothesis
from gradagree.doctor.operations import Operations
from reference.formats import BY_NAME, dtype_of

SIZE = 128
DISTANCES = (1, 2, 4, 8, 16, 32, 64)


def fused(operations: Operations, dtype: str) -> str:
    """`rounded, then added`, `fused` or `added exactly`."""
    form = BY_NAME[dtype]
    half = (form.precision + 1) // 2
    x = 1 + 3 * 2.0**-half
    square = Fraction(x) ** 2
    r = float(np.float64(float(square)).astype(dtype_of(dtype)))
    lost = float(square - Fraction(r))
    count = 2 * len(DISTANCES)
    a, b = np.zeros((count, SIZE)), np.zeros((SIZE, count))
    for row, distance in enumerate(DISTANCES):
        for at, order in ((2 * row, (0, distance)), (2 * row + 1, (distance, 0))):
            a[at, list(order)] = x, 1
            b[list(order), at] = x, -r
    product = np.diagonal(operations.matmul(a.astype(dtype_of(dtype)), b.astype(dtype_of(dtype))))
    seen = [(product == 0).any(), (product == lost).any(), not np.isin(product, (0, lost)).all()]
    return matching_hypothesis(
        seen,
        {
            "rounded, then added": [True, False, False],
            "fused": [True, True, False],
            "added exactly": [False, True, False],
        },
        product,
    )
