"""Matrix units as their papers describe them stay inside the arithmetics that are named after them."""

from __future__ import annotations

import numpy as np
import pytest

from tools.attack.search import Found, beyond, climb, merged
from tools.attack.sweep import sweep
from tools.attack.units import ON_UNITS, cut, in_blocks, of_cut_tf32, of_pieces, of_tf32

pytestmark = pytest.mark.sweep

NARROW = (("bfloat16", "float32"), ("float16", "float32"))


def tried(arithmetic: tuple[str, str]) -> Found:
    small = (climb(arithmetic, rows, (2, 1), 5, 12, rows, ON_UNITS) for rows in (1, 3, 17))
    return merged([*small, sweep(arithmetic, 1000, (1, 1), 10, 3, ON_UNITS)])


@pytest.mark.parametrize("arithmetic", NARROW, ids="-".join)
def test_units_of_16_bits_are_within_their_claim(arithmetic: tuple[str, str]) -> None:
    assert beyond(tried(arithmetic)) == {}


def test_units_of_float32_are_within_their_claim_and_beyond_the_plain_one() -> None:
    found = tried(("float32", "float32"))
    assert beyond(found) == {}
    assert {key: worst.plain for key, worst in found.items() if not worst.plain > 1} == {}


def test_a_block_is_cut_behind_its_largest_product() -> None:
    """After 1, three times just under 2^-23 is nothing to a V100, and 3 (2^-23 - 2^-30) to an exact sum."""
    terms = np.array([1.0, *[2.0**-23 - 2.0**-30] * 3])
    assert in_blocks(terms, size=4, bits=23) == 1
    assert in_blocks(terms, size=4, bits=30) == 1 + 2.0**-22  # then cut to float32
    assert in_blocks(np.array([1.0, -1.0, 2.0**-60]), size=2, bits=23) == 2.0**-60


def test_cutting_is_toward_zero() -> None:
    assert cut(np.array([1.75, -1.75, 0.0, 2.0**-150]), 2).tolist() == [1.5, -1.5, 0, 0]


def test_tf32_keeps_11_bits() -> None:
    one, factor = np.array([1.0]), np.array([1 + 2.0**-10 + 2.0**-12 + 2.0**-13])
    assert of_tf32(one, factor) == 1 + 2.0**-10
    assert of_tf32(one, factor + 2.0**-12) == 1 + 2.0**-9
    assert of_cut_tf32(one, factor + 2.0**-12) == 1 + 2.0**-10


@pytest.mark.parametrize(("pieces", "order", "products"), [(2, 1, 3), (3, 2, 6), (3, 4, 9)])
def test_pieces_make_so_many_products(pieces: int, order: int, products: int) -> None:
    left, right = np.float64(np.float32(1 / 3)), np.float64(np.float32(1 / 7))
    terms = of_pieces(np.full((1, 1), left), np.full((1, 1), right), pieces, order)
    assert len(terms) == products
    error = abs(terms.sum() / (left * right) - 1)
    assert error <= {3: 3 * 2.0**-16, 6: 2.01 * 2.0**-24, 9: 2.0**-50}[products]
