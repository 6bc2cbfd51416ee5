"""The emulated floating-point unit: against the formats' own casts, against native arithmetic, against fractions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest

from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, Format
from tools.attack.machine import two_sum
from tools.trial.edges import Draw
from tools.trial.machine import DIRECTIONS, Machine, fma, round_pair

pytestmark = pytest.mark.sweep

COUNT = 4000


def numbers(seed: int, low: int, high: int) -> FloatArray:
    """Numbers of 24 bits over the binades from `low` to `high`, ties and zeros among them."""
    draw = Draw(seed)
    values = np.round(draw.centred(COUNT) * 2.0**24) * 2.0**-24
    values = np.where(draw.uniform(COUNT) < 0.1, np.round(values * 2.0**8) * 2.0**-8, values)
    return np.asarray(values * 2.0 ** np.floor(low + (high - low) * draw.uniform(COUNT)))


# ml_dtypes narrows float64 by way of float32, which rounds twice; from float32 it rounds once.
CASTS: dict[str, tuple[Format, Callable[[FloatArray], FloatArray], int, int]] = {
    "float32": (FLOAT32, lambda v: v.astype(np.float32).astype(np.float64), -155, 100),
    "float16": (FLOAT16, lambda v: v.astype(np.float16).astype(np.float64), -28, 14),
    "bfloat16": (BFLOAT16, lambda v: v.astype(np.float32).astype(ml_dtypes.bfloat16).astype(np.float64), -120, 100),
}


@pytest.mark.parametrize("name", CASTS)
def test_rounding_to_nearest_is_the_cast(name: str) -> None:
    form, cast, low, high = CASTS[name]
    # Another format of the same figures, so that no shortcut is taken.
    same = Format("same", form.precision, form.emin, form.emax)
    values = numbers(1, low, high)
    assert np.array_equal(round_pair(values, np.zeros(COUNT), same), cast(values))


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("form", [FLOAT64, FLOAT32, FLOAT16], ids=lambda form: form.name)
def test_sums_round_in_their_direction(form: Format, direction: str) -> None:
    """The exact sum lies between the result and its neighbour on the side that the direction names."""
    a, b = numbers(2, -10, 10), numbers(3, -40, 10)
    got = round_pair(*two_sum(a, b), form, direction)
    for x, y, rounded in zip(a.tolist(), b.tolist(), got.tolist(), strict=True):
        exact = Fraction(x) + Fraction(y)
        error, sign = Fraction(rounded) - exact, 1 if exact >= 0 else -1
        spacing = Fraction(2) ** max(int(np.frexp(float(exact))[1]), form.emin + 1) / 2**form.precision
        assert abs(error) * (2 if direction == "nearest" else 1) <= spacing * 2
        assert {"up": error >= 0, "down": error <= 0, "to zero": error * sign <= 0, "away": error * sign >= 0}.get(
            direction, abs(error) * 2 <= spacing * 2
        )


@pytest.mark.parametrize(("low", "high"), [(-20, 20), (-540, -500)], ids=["ordinary", "subnormal"])
def test_fused_products_round_once(low: int, high: int) -> None:
    a, b = numbers(4, low, high)[:500], numbers(5, low, high)[:500]
    c = -(a * b) * (1 + numbers(6, -60, 0)[:500])
    expected = [float(Fraction(x) * Fraction(y) + Fraction(z)) for x, y, z in zip(a, b, c, strict=True)]
    assert fma(a, b, c).tolist() == expected


def test_float32_arithmetic_is_native() -> None:
    machine, a, b = Machine(Arithmetic(FLOAT32, FLOAT32)), numbers(7, -60, 60), numbers(8, -60, 60)
    narrow = a.astype(np.float32), b.astype(np.float32)
    assert np.array_equal(machine.add(a, b), (narrow[0] + narrow[1]).astype(np.float64))
    assert np.array_equal(machine.multiply(a, b), (narrow[0] * narrow[1]).astype(np.float64))


def test_a_fused_product_differs_from_a_rounded_one() -> None:
    claim = Arithmetic(FLOAT32, FLOAT32)
    a, c = np.array([1 + 2.0**-12]), np.array([-1 - 2.0**-11])
    assert Machine(claim, fused=True).multiply_add(a, a, c) == 2.0**-24
    assert Machine(claim).multiply_add(a, a, c) == 0


def test_flushing() -> None:
    claim, small = Arithmetic(FLOAT32, FLOAT32, flushes=True), np.array([2.0**-127])
    assert Machine(claim).add(small, small) == 2.0**-126
    assert Machine(claim, flushes_operands=True).add(small, small) == 0
    assert Machine(claim, flushes_results=True).multiply(small * 2, np.array([0.5])) == 0
