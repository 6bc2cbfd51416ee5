"""Sums of products through limbs are the big-integer sums, whatever the exponents and wherever blocks end."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from reference import batches, blocks, gram, limbs
from reference.gram import Gram

Floats = npt.NDArray[np.float64]

LARGEST, SMALLEST = np.finfo(np.float64).max, np.finfo(np.float64).smallest_subnormal

SPREADS = {
    "none": (0, 0),
    "a limb": (-20, 20),
    "many limbs": (-80, 80),
    "more than there are": (-200, 200),
    "all of float64": (-1074, 1022),
    "tiny": (-1074, -1000),
    "huge": (900, 1022),
    "at the highest grid": (batches.HIGHEST - 3, batches.HIGHEST + 3),
    "at the lowest grid": (blocks.LOWEST - 3, blocks.LOWEST + 3),
}


def plain(table: Floats) -> list[list[Fraction]]:
    """Rational sums of products by the definition, number by number: the second truth."""
    columns = [[Fraction(float(v)) for v in column] for column in table.T]
    return [[sum((a * b for a, b in zip(z, w, strict=True)), Fraction(0)) for w in columns] for z in columns]


def values(found: Gram) -> list[list[Fraction]]:
    q = len(found.scales)
    return [[int(found.integers[j, k]) * found.scales[j] * found.scales[k] for k in range(q)] for j in range(q)]


def lowest_bits(table: Floats) -> list[Fraction]:
    """The scale of each column by its definition."""
    scales = []
    for column in table.T:
        scale = Fraction(0)
        for value in map(Fraction, column[column != 0].tolist()):
            while scale == 0 or value % scale:
                scale = Fraction(1, value.denominator) * (value.numerator & -value.numerator)
        scales.append(scale or Fraction(1))
    return scales


def certify(table: Floats, **options: int) -> Gram:
    found = Gram.of_floats(table, **options)
    assert found.rows == len(table)
    assert values(found) == plain(table)
    for j, row in enumerate(plain(np.abs(table))):
        for k, total in enumerate(row):
            bound = found.absolute[j, k]
            assert np.isinf(bound) or Fraction(float(bound)) >= total, (j, k)
    return found


def random_table(seed: int, rows: int, q: int, spread: str) -> Floats:
    random = np.random.default_rng(seed)
    low, high = SPREADS[spread]
    return np.ldexp(random.uniform(-2, 2, (rows, q)), random.integers(low, high + 1, (rows, q)))


floats = st.floats(allow_nan=False, allow_infinity=False)
edges = st.sampled_from([0.0, -0.0, 1.0, -1.0, LARGEST, -LARGEST, SMALLEST, 2.0**-1022, 1 + 2.0**-52, 2.0**53 - 1])
tables = arrays.arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(1, 4)), elements=floats | edges)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(tables, st.integers(1, 13))
def test_any_floats_in_any_blocks(table: Floats, block_rows: int) -> None:
    found = certify(table, block_rows=block_rows)
    assert list(found.scales) == lowest_bits(table)
    assert found == Gram.of_floats(table)


@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_every_exponent_spread(spread: str, dtype: type[np.floating[Any]]) -> None:
    with np.errstate(over="ignore", under="ignore"):
        table = random_table(1, 90, 3, spread).astype(dtype)
    table[~np.isfinite(table)] = np.finfo(dtype).max
    found = Gram.of_floats(table, block_rows=32)
    assert values(found) == plain(table.astype(np.float64))


@pytest.mark.parametrize("rows", [63, 64, 65, 127, 128, 129, 1, 2])
def test_block_boundaries(rows: int) -> None:
    table = random_table(2, rows, 2, "a limb")
    whole = certify(table, block_rows=rows)
    assert certify(table, block_rows=64) == whole
    assert certify(table, block_rows=rows + 1) == whole


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_default_blocks_and_threads(extra: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gram, "PIECE", 1 << 14)
    for rows in (limbs.ROWS + extra, (1 << 14) + extra):
        table = np.random.default_rng(3).normal(size=(rows, 2))
        big = gram._gram(limbs.big_integer_sums(table))
        assert Gram.of_floats(table) == big


def test_more_blocks_than_a_batch_takes() -> None:
    rows = 4 * (2 * batches.CAPACITY + 3)
    table = random_table(4, rows, 3, "a limb")
    certify(table, block_rows=4)


def test_columns_that_outgrow_their_grid() -> None:
    table = np.random.default_rng(5).normal(size=(60, 3))
    table[30:, 0] *= 2.0**9
    table[10:40, 1] = 0.0
    table[40:, 2] *= 2.0**-60
    assert list(certify(table, block_rows=7).scales) == lowest_bits(table)


def test_rows_that_need_too_many_limbs_go_to_big_integers(monkeypatch: pytest.MonkeyPatch) -> None:
    table = np.random.default_rng(6).normal(size=(500, 2))
    table[123, 0] = 2.0**-700
    table[321] = 2.0**600
    sent: list[int] = []
    inner = limbs.big_integer_sums

    def counting(rows: Floats) -> batches.Sums:
        sent.append(len(rows))
        return inner(rows)

    monkeypatch.setattr(limbs, "big_integer_sums", counting)
    certify(table, block_rows=100)
    assert sent == [1, 100]


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_narrow_data_are_taken_as_the_numbers_they_are(dtype: str) -> None:
    import ml_dtypes

    narrow = np.random.default_rng(7).normal(size=(300, 3))
    narrow = narrow.astype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    assert Gram.of_floats(narrow) == Gram.of_floats(narrow.astype(np.float64))


def test_layouts_and_side_by_side_tables() -> None:
    table = np.random.default_rng(8).normal(size=(700, 4))
    whole = certify(table)
    assert Gram.of_floats(np.asfortranarray(table)) == whole
    assert Gram.of_floats(np.repeat(table, 2, axis=0)[::2]) == whole
    assert Gram.of_floats(table[:, :1], table[:, 1:].astype(np.longdouble).astype(np.float64)) == whole


def test_the_data_are_left_alone() -> None:
    table = np.random.default_rng(9).normal(size=(700, 4))
    before = table.copy()
    Gram.of_floats(table)
    np.testing.assert_array_equal(table, before)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("rows", [5, 5000])
def test_not_finite(bad: float, rows: int) -> None:
    table = np.ones((rows, 2))
    table[rows - 1, 1] = bad
    with pytest.raises(ValueError, match="NaN or infinity"):
        Gram.of_floats(table)


# What a test would miss is no test: each of these faults in the limbs must show.


def ones_in_every_bit(rows: int, bits: int) -> Floats:
    """Columns whose limbs are as wide as `bits` lets them be, in every row but one, rows being even."""
    table = np.full((rows, 2), 2.0**bits - 1)
    table[0] = 0.0  # an odd number of odd squares: no float64 beyond 2**53 is their sum
    return table


@pytest.mark.parametrize("rows", [2, 3, 64, 1000, limbs.ROWS])
def test_limbs_are_as_wide_as_is_exact(rows: int) -> None:
    bits = batches.limb_bits(rows)
    table = ones_in_every_bit(rows, bits)
    exact = gram._gram(limbs.big_integer_sums(table))
    assert rows * 4**bits <= 2**53
    assert Gram.of_floats(table, block_rows=rows) == exact


@pytest.mark.parametrize("rows", [64, 1000, limbs.ROWS])
def test_planted_limbs_one_bit_wider_than_that(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = batches.limb_bits(rows) + 1
    table = ones_in_every_bit(rows, wide)
    exact = gram._gram(limbs.big_integer_sums(table))
    monkeypatch.setattr(limbs, "limb_bits", lambda _: wide)
    assert Gram.of_floats(table, block_rows=rows) != exact


def test_planted_dropped_block(monkeypatch: pytest.MonkeyPatch) -> None:
    table = random_table(10, 100, 2, "a limb")
    whole = certify(table, block_rows=10)
    inner = batches.Batch.add
    seen: list[Any] = []

    def dropping(self: Any, block: Any) -> Any:
        seen.append(block)
        return None if len(seen) == 5 else inner(self, block)

    monkeypatch.setattr(batches.Batch, "add", dropping)
    assert Gram.of_floats(table, block_rows=10) != whole


def test_planted_merge_that_forgets_to_align(monkeypatch: pytest.MonkeyPatch) -> None:
    upper, lower = random_table(11, 30, 2, "none"), random_table(12, 30, 2, "a limb")
    whole = Gram.of_floats(np.vstack([upper, lower]))
    assert Gram.of_floats(upper) + Gram.of_floats(lower) == whole
    monkeypatch.setattr(Gram, "at", lambda self, _: self.integers)
    assert Gram.of_floats(upper) + Gram.of_floats(lower) != whole


def test_planted_spilled_rows_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    table = np.array([[1.0, 2.0], [2.0**-900, 3.0], [5.0, 2.0**-1074]])
    whole = certify(table, block_rows=3)
    inner = batches.Batch.add
    monkeypatch.setattr(batches.Batch, "add", lambda self, block: [inner(self, block), None][1])
    assert Gram.of_floats(table, block_rows=3) != whole
