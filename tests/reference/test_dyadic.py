"""Exact arithmetic on arrays of floats, at the edges of their range."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from reference.dyadic import Dyadic, odd_parts

TINY, LARGEST = 2.0**-1074, float(np.finfo(np.float64).max)


def exactly(dyadic: Dyadic) -> list[Fraction]:
    return [Fraction(n) * Fraction(2) ** dyadic.exponent for n in dyadic.digits.ravel()]


ROUND_TRIPS = {
    "zeros": [0.0, -0.0],
    "one": [1.0],
    "narrow": [0.1, -0.2, 0.3],
    "wide": [LARGEST, TINY, -1.0, 0.0],
    "subnormal": [TINY, 3 * TINY, -(2.0**-1022) + TINY],
    "empty": [],
}


@pytest.mark.parametrize("case", ROUND_TRIPS)
def test_floats_come_back(case: str) -> None:
    values = ROUND_TRIPS[case]
    dyadic = Dyadic.from_floats(values)
    assert exactly(dyadic) == [Fraction(v) for v in values]
    assert dyadic.to_floats().tolist() == values


@pytest.mark.parametrize("value", [0.0, 0.1, -TINY, LARGEST])
def test_single_number_keeps_its_shape(value: float) -> None:
    dyadic = Dyadic.from_floats(value)
    assert dyadic.shape == ()
    assert dyadic.to_floats().tolist() == value
    assert (dyadic + dyadic).shape == (dyadic - dyadic).shape == (dyadic * dyadic).shape == (dyadic * 3).shape == ()


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_no_exact_value(bad: float) -> None:
    with pytest.raises(ValueError, match=r"^values: NaN and infinity have no exact value; give finite floats$"):
        Dyadic.from_floats([1.0, bad])


def test_arithmetic_across_the_whole_range() -> None:
    a, b = Dyadic.from_floats([LARGEST, TINY, 0.1]), Dyadic.from_floats([TINY, LARGEST, 0.0])
    left, right = exactly(a), exactly(b)
    assert exactly(a + b) == [v + w for v, w in zip(left, right, strict=True)]
    assert exactly(a - b) == [v - w for v, w in zip(left, right, strict=True)]
    assert exactly(a * b) == [v * w for v, w in zip(left, right, strict=True)]
    assert exactly(a * 3) == [3 * v for v in left]


def test_shapes_broadcast() -> None:
    table, row = Dyadic.from_floats(np.ones((2, 3))), Dyadic.from_floats([1.0, 2.0, 3.0])
    assert (table + row).shape == (2, 3)
    assert (table * row)[1].to_floats().tolist() == [1.0, 2.0, 3.0]
    assert (table * row)[1, 2].shape == ()


def test_at_exponent() -> None:
    assert Dyadic.from_floats([1.0, 1.5]).at_exponent(-3).tolist() == [8, 12]


ROUNDINGS = {
    "tie_to_even_below": (2**53 + 1, 0, 2.0**53),
    "tie_to_even_above": (2**53 + 3, 0, 2.0**53 + 4),
    "beyond_the_largest": (1, 1024, math.inf),
    "negative_beyond_the_largest": (-1, 1024, -math.inf),
    "just_under_the_largest": ((1 << 53) - 1, 971, LARGEST),
    "smallest": (1, -1074, TINY),
    "below_half_the_smallest": (1, -1076, 0.0),
    # More than 1,024 bits, which no float holds on the way.
    "long_integer": (-(1 << 1100), -1100, -1.0),
    "long_tie": ((1 << 1100) + (1 << 1047), -1100, 1.0),
    "long_tie_broken_by_its_last_bit": ((1 << 1100) + (1 << 1047) + 1, -1100, 1.0 + 2.0**-52),
    "long_beyond_the_largest": (-(1 << 3000), 0, -math.inf),
}


@pytest.mark.parametrize("case", ROUNDINGS)
def test_rounding(case: str) -> None:
    digits, exponent, expected = ROUNDINGS[case]
    rounded = Dyadic(np.array([digits], dtype=object), exponent).to_floats()
    assert rounded.dtype == np.float64
    assert rounded.tolist() == [expected]


@pytest.mark.parametrize("value", [0.0, 1.0, -6.0, 0.1, TINY, LARGEST])
def test_odd_parts(value: float) -> None:
    digits, exponents = odd_parts(np.array([value]))
    assert Fraction(int(digits[0])) * Fraction(2) ** int(exponents[0]) == Fraction(value)
    assert digits[0] % 2 == (value != 0)
