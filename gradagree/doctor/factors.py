"""How many bits of its factors a matrix product keeps.

A number f of as many bits as the dtype has is multiplied by 1 and added to zeros: whoever keeps f returns f. Below each
of the widths that multipliers have, f goes on with two ones, so that rounding and cutting to that width differ.
"""

from __future__ import annotations

import numpy as np

from gradagree.checking.low_precision import to_bits
from gradagree.doctor.hypotheses import matching_hypothesis
from gradagree.doctor.operations import Operations
from reference.formats import BY_NAME, FLOAT32, dtype_of

WIDTHS = {8: "bfloat16's", 11: "TF32's", 24: "float32's"}
SIZE = 64  # rows and columns: a product as large as any kernel wants, of zeros but for two places


def wide_number(precision: int) -> float:
    """`1 + 2⁻⁸ + 2⁻⁹ + 2⁻¹¹ + 2⁻¹² + … + 2^(1 - precision)`: wider than any multiplier but that of its own dtype."""
    ones = {bit for width in (8, 11, 16, 24) for bit in (width, width + 1) if bit < precision}
    return float(1 + sum(2.0**-bit for bit in ones | {precision - 1}))


def factors(operations: Operations, dtype: str) -> str:
    """`all 24 bits`, or how many of them are left."""
    precision = BY_NAME[dtype].precision
    f = wide_number(precision)
    a, b = np.zeros((SIZE, SIZE)), np.zeros((SIZE, SIZE))
    a[0, 0], b[0, 0] = f, 1
    a[1, 1], b[1, 1] = 1, f
    product = operations.matmul(a.astype(dtype_of(dtype)), b.astype(dtype_of(dtype)))
    answers = [matching_hypothesis(value, _hypotheses(f, precision)) for value in (product[0, 0], product[1, 1])]
    return answers[0] if answers[0] == answers[1] else f"{answers[0]} on the left, {answers[1]} on the right"


def _hypotheses(f: float, precision: int) -> dict[str, float]:
    found = {f"all {precision} bits": f}
    for width, whose in WIDTHS.items():
        if width < precision:
            found[f"rounded to {whose} {width} bits"] = float(to_bits(f, width, np.rint))
            found[f"cut to {whose} {width} bits"] = float(to_bits(f, width, np.trunc))
    if precision == FLOAT32.precision:
        first = float(to_bits(f, 8, np.rint))
        found["as two bfloat16 numbers"] = first + float(to_bits(f - first, 8, np.rint))
    return found
