"""Every digit that NIST certifies, reproduced.

A printed decimal stands for the numbers within half a unit of its last place, and what is exact must be one of them.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from reference import nist
from reference.least_squares import LeastSquares


@cache
def exact(name: str) -> LeastSquares:
    regression = nist.load(name)
    return LeastSquares(regression.x, regression.y, intercept=regression.intercept)


def interval(printed: str) -> tuple[Fraction, Fraction]:
    """The numbers that are printed so: half a unit in the last place on either side."""
    exponent = Decimal(printed).as_tuple().exponent
    assert isinstance(exponent, int)
    half = Fraction(10) ** exponent / 2
    return Fraction(printed) - half, Fraction(printed) + half


def prints_as(value: Fraction, printed: str) -> bool:
    low, high = interval(printed)
    return low <= value <= high


def estimate(problem: LeastSquares, coefficient: str) -> Fraction:
    w, b = problem.solution()
    return Fraction((b if coefficient == "B0" else w[int(coefficient[1:]) - 1])[0])  # type: ignore[index]


def coefficients() -> list[tuple[str, str]]:
    return [(name, coefficient) for name in nist.names() for coefficient in nist.load(name).estimates]


def moved(printed: str, units: int) -> str:
    """The printed decimal, its last digit moved."""
    exponent = Decimal(printed).as_tuple().exponent
    assert isinstance(exponent, int)
    return str(Decimal(printed) + Decimal(units).scaleb(exponent))


DIGITS = pytest.mark.parametrize("units", [0, -1, 1], ids=["certified", "one less", "one more"])


@DIGITS
@pytest.mark.parametrize(("name", "coefficient"), coefficients())
def test_solution_prints_as_certified_and_as_no_other_digits(name: str, coefficient: str, units: int) -> None:
    printed = moved(nist.load(name).estimates[coefficient], units)
    assert prints_as(estimate(exact(name), coefficient), printed) == (units == 0)


@DIGITS
@pytest.mark.parametrize("name", nist.names())
def test_residual_sum_of_squares_prints_as_certified_and_as_no_other_digits(name: str, units: int) -> None:
    printed = moved(nist.load(name).residual_sum_of_squares, units)
    assert prints_as(exact(name).residual_sum_of_squares()[0], printed) == (units == 0)


@pytest.mark.parametrize("name", ["Wampler1", "Wampler2"])
def test_polynomials_fit_without_residual(name: str) -> None:
    """Their printed zeros are zeros, not small numbers: the data lie on the polynomial."""
    assert exact(name).residual_sum_of_squares() == (Fraction(0),)


@pytest.mark.parametrize("name", nist.names())
def test_powers_are_exact(name: str) -> None:
    regression = nist.load(name)
    assert [[Fraction(v) for v in row] for row in regression.x] == [
        [Fraction(row[0]) ** k for k in range(1, len(row) + 1)] for row in regression.x
    ]


def test_unknown_dataset() -> None:
    with pytest.raises(ValueError, match=r"^name: got 'Longley'; one of Norris, .* will do$"):
        nist.load("Longley")


def test_data_rounded_to_float32_are_refused() -> None:
    regression = nist.load("Norris")
    x, y = np.array(regression.x, dtype=np.float32), np.array(regression.y, dtype=np.float32)
    assert not prints_as(estimate(LeastSquares(x, y), "B1"), regression.estimates["B1"])


def test_wampler2_rounded_to_float64_no_longer_lies_on_its_polynomial() -> None:
    regression = nist.load("Wampler2")
    x, y = np.array(regression.x, dtype=np.float64), np.array(regression.y, dtype=np.float64)
    assert LeastSquares(x, y).residual_sum_of_squares() != (Fraction(0),)
