"""Formats by three numbers each, against what their dtypes say of themselves."""

from __future__ import annotations

import math
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest

from gradagree.checking.low_precision import rounded_to
from reference.formats import BFLOAT16, BY_NAME, FLOAT16, FLOAT32, FLOAT64, TF32, Format, dtype_of, rounded


@pytest.mark.parametrize("name", BY_NAME)
def test_limits_are_those_of_the_dtype(name: str) -> None:
    form, limits = BY_NAME[name], ml_dtypes.finfo(dtype_of(name))  # type: ignore[no-untyped-call]
    assert form.largest == float(limits.max)
    assert form.smallest_normal == float(limits.smallest_normal)
    assert 2 * form.unit_roundoff == float(limits.eps)
    assert form.dtype == dtype_of(name)


def test_which_format_holds_which() -> None:
    assert FLOAT64.contains(FLOAT32)
    assert FLOAT32.contains(TF32)
    assert TF32.contains(FLOAT16)
    assert TF32.contains(BFLOAT16)
    assert not TF32.contains(FLOAT32)
    assert not FLOAT16.contains(BFLOAT16)
    assert not BFLOAT16.contains(FLOAT16)


def test_unknown_dtype() -> None:
    with pytest.raises(ValueError, match=r"^dtype: got 'int8'; one of float64, float32, bfloat16, float16 will do$"):
        dtype_of("int8")


def nearest(value: float, form: Format) -> float:
    """The number of a format that is nearest to a float64, ties to even, in fractions."""
    size = abs(Fraction(value))
    exponent = max(math.frexp(value)[1] - 1, form.emin)
    unit = Fraction(2) ** (exponent - form.precision + 1)
    result = round(size / unit) * unit  # Python's own round is to even
    return math.copysign(float(result) if result <= Fraction(form.largest) else math.inf, value)


def around_ties(form: Format) -> list[float]:
    """Midpoints between numbers of a format over all its binades, subnormal ones too, and floats just beside them."""
    random = np.random.default_rng(0)
    found = [0.0, -0.0, math.inf]
    for exponent in range(form.emin - form.precision - 1, form.emax + 1):
        unit = 2.0 ** (max(exponent, form.emin) - form.precision + 1)
        digits = (random.integers(0, 2, 4) + np.floor(2.0**exponent / unit * (1 + random.random(4)))).tolist()
        for digit in (d for d in digits if (d + 1) * unit < 2.0 ** (form.emax + 1)):
            tie = (digit + 0.5) * unit
            beside = [tie * (1 + sign * 2.0**-bits) for sign in (1, -1) for bits in (20, 30, 52)]
            found += [tie, -tie, *beside, *(-value for value in beside)]
    return found


@pytest.mark.parametrize("name", ["float32", "bfloat16", "float16"])
def test_casting_rounds_once(name: str) -> None:
    form = BY_NAME[name]
    values = [*around_ties(form), form.largest * (1 + form.unit_roundoff / 2), form.largest * (1 + form.unit_roundoff)]
    expected = [nearest(value, form) if math.isfinite(value) else value for value in values]
    assert rounded(np.array(values), name).astype(np.float64).tolist() == expected


def test_a_tie_that_the_first_of_two_roundings_makes() -> None:
    """One float32 cannot tell from a tie, which goes to even: down."""
    above, tie = 1 + 2.0**-8 + 2.0**-30, 1 + 2.0**-8
    assert rounded(np.array([above, tie, -above]), "bfloat16").astype(np.float64).tolist() == [1 + 2**-7, 1, -1 - 2**-7]
    assert np.array([above]).astype(np.float32).astype(ml_dtypes.bfloat16).astype(np.float64).tolist() == [1]
    assert rounded_to(np.array([above, tie]), BFLOAT16).tolist() == [1 + 2**-7, 1]
    above = 1 + 2.0**-11 + 2.0**-40
    assert rounded(np.array([above]), "float16").astype(np.float64).tolist() == [1 + 2**-10]
    assert np.array([above]).astype(np.float32).astype(np.float16).astype(np.float64).tolist() == [1]


@pytest.mark.parametrize("source", ["float32", "float16", "bfloat16"])
def test_casting_from_narrower_formats(source: str) -> None:
    bits = np.arange(1 << 16, dtype=np.uint16)
    exponent = 0x7C00 if source == "float16" else 0x7F80  # all ones in infinity and NaN
    finite = bits[bits & exponent != exponent]
    # As float32 these are halfway between two bfloat16.
    values = (finite.astype(np.uint32) << 16 | 0x8000 if source == "float32" else finite).view(dtype_of(source))
    wide = values.astype(np.float64)
    # Units of the last place, a power of two: dividing by one is exact, and `rint` takes ties to even.
    units = np.ldexp(1.0, np.maximum(np.frexp(wide)[1], BFLOAT16.emin + 1) - BFLOAT16.precision)
    expected = np.rint(wide / units) * units
    expected = np.where(np.abs(expected) > BFLOAT16.largest, np.copysign(np.inf, wide), expected)
    assert expected[::97].tolist() == [nearest(value, BFLOAT16) for value in wide[::97].tolist()]
    assert rounded(values, "bfloat16").astype(np.float64).tolist() == expected.tolist()
