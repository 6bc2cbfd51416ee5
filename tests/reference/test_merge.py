"""Exact statistics add up: the problem of all rows is the merged problem of any shares of them."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.shards.parquet import parquet_blocks
from reference.gram import Gram
from reference.least_squares import LeastSquares

Floats = npt.NDArray[np.float64]


def data(rows: int = 40, d: int = 2, m: int = 2, seed: int = 0) -> tuple[Floats, Floats]:
    random = np.random.default_rng(seed)
    return np.ldexp(random.normal(size=(rows, d)), random.integers(-30, 30, (rows, d))), random.normal(size=(rows, m))


def cut(x: Floats, y: Floats, ends: Iterable[int]) -> list[tuple[Floats, Floats]]:
    ends = [0, *sorted(ends), len(x)]
    return [(x[a:b], y[a:b]) for a, b in pairwise(ends)]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 40), max_size=6), st.booleans(), st.integers(0, 5))
def test_any_partition(ends: list[int], intercept: bool, seed: int) -> None:
    x, y = data(seed=seed)
    x[seed * 5 : seed * 5 + 12, 0] = 0.0  # a shard whose column is zeros has no scale of its own
    whole = LeastSquares(x, y, intercept)
    parts = cut(x, y, ends)
    assert LeastSquares.of_blocks(parts, intercept).gram == whole.gram
    assert LeastSquares.of_blocks(reversed(parts), intercept).gram == whole.gram
    problems = [LeastSquares(a, b, intercept) for a, b in parts if len(a)]
    assert problems[0].merge(*problems[1:]).gram == whole.gram


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.fractions(max_denominator=60), min_size=3, max_size=12), st.data())
def test_any_partition_of_rationals(values: list[Fraction], data: st.DataObject) -> None:
    x, y = values, [v * v - 1 for v in values]
    end = data.draw(st.integers(1, len(values) - 1))
    merged = LeastSquares(x[:end], y[:end]).merge(LeastSquares(x[end:], y[end:]))
    assert merged.gram == LeastSquares(x, y).gram


def test_floats_and_rationals_together() -> None:
    x, y = np.array([8.0, 24.0, 0.5]), np.array([1.0, 2.0, 4.0])
    whole = LeastSquares([Fraction(v) for v in [*x.tolist(), Fraction(1, 3)]], [Fraction(v) for v in (1, 2, 4, 7)])
    merged = LeastSquares(x, y).merge(LeastSquares(["1/3"], ["7"]))
    assert merged.solution()[0] == whole.solution()[0]
    assert merged.gram == whole.gram


def test_the_bound_on_magnitudes_holds_after_merging() -> None:
    x, y = data(rows=300)
    columns = [[abs(Fraction(float(v))) for v in c] for c in np.hstack([x, np.ones((300, 1)), y]).T]
    exact = [[sum(a * b for a, b in zip(z, w, strict=True)) for w in columns] for z in columns]
    merged = LeastSquares.of_blocks(cut(x, y, range(7, 300, 7))).gram.absolute
    assert all(Fraction(float(merged[j, k])) >= exact[j][k] for j in range(5) for k in range(5))


def test_the_answers_are_those_of_the_whole() -> None:
    x, y = data()
    merged, whole = LeastSquares.of_blocks(cut(x, y, [7, 31])), LeastSquares(x, y)
    assert merged.rows == 40
    assert (merged.solution()[0] == whole.solution()[0]).all()
    assert merged.loss(x[:2], y[0]) == whole.loss(x[:2], y[0])


@pytest.mark.parametrize("used", [False, True])
def test_pickle(used: bool) -> None:
    problem = LeastSquares(*data())
    if used:
        problem.solution()
    copy = pickle.loads(pickle.dumps(problem))
    assert copy.gram == problem.gram
    assert (copy.d, copy.m, copy.intercept, copy.rows) == (2, 2, True, 40)
    np.testing.assert_array_equal(copy.gram.absolute, problem.gram.absolute)


def test_equality_is_of_values_and_rows() -> None:
    x, y = data()
    gram = LeastSquares(x, y).gram
    assert gram == LeastSquares(x, y).gram
    assert hash(gram) == hash(LeastSquares(x, y).gram)
    assert gram != LeastSquares(x * 2, y).gram
    assert gram != LeastSquares(x[::-1], y).gram
    assert gram != "gram"


def test_problems_of_other_shapes_do_not_merge() -> None:
    x, y = data()
    with pytest.raises(ValueError, match=r"other: got \(d, m, intercept\) = \(1, 2, True\) for \(2, 2, True\)"):
        LeastSquares(x, y).merge(LeastSquares(x[:, :1], y))
    with pytest.raises(ValueError, match="other: got 4 columns for 5"):
        LeastSquares(x, y).gram + LeastSquares(x[:, :1], y).gram
    with pytest.raises(ValueError, match="gram: got 5 columns; 4, of x"):
        LeastSquares.of_gram(LeastSquares(x, y).gram, 1, 2)


@pytest.mark.parametrize("other", [3, None, "rows"])
def test_what_is_no_problem_does_not_merge(other: Any) -> None:
    with pytest.raises(ValueError, match=f"^other: got {other!r}; a LeastSquares will do$"):
        LeastSquares(*data()).merge(other)


@pytest.mark.parametrize("block", [np.ones((3, 1)), (np.ones(3),), 7, (np.ones(3), np.ones(3), np.ones(3))])
def test_a_block_that_is_no_pair(block: Any) -> None:
    with pytest.raises(ValueError, match=r"^blocks: got a \w+ at \[1\]; pairs \(x, y\) will do$"):
        LeastSquares.of_blocks([(np.ones(3), np.ones(3)), block])


@pytest.mark.parametrize("blocks", [[], [(np.ones((0, 1)), np.ones((0, 1)))]])
def test_blocks_without_rows(blocks: list[tuple[Floats, Floats]]) -> None:
    with pytest.raises(ValueError, match="blocks: got no rows"):
        LeastSquares.of_blocks(blocks)


def test_a_bad_block_is_named() -> None:
    good, bad = (np.ones(2), np.ones(2)), (np.ones(2), np.array([1.0, np.nan]))
    with pytest.raises(ValueError, match=r"block 1: y: got nan at \[1, 0\]"):
        LeastSquares.of_blocks([good, bad])
    with pytest.raises(ValueError, match="block 1: y: got 3 rows for 2"):
        LeastSquares.of_blocks([good, (np.ones(2), np.ones(3))])
    with pytest.raises(ValueError, match=r"block 1: other: got \(d, m, intercept\) = \(2, 1, True\)"):
        LeastSquares.of_blocks([good, (np.ones((3, 2)), np.ones(3))])


def test_not_finite_beyond_the_first_part_that_is_checked() -> None:
    x = np.ones(200_000, dtype=np.float32)
    x[150_000] = np.inf
    with pytest.raises(ValueError, match=r"x: got inf at \[150000, 0\]"):
        LeastSquares(x, x)


def test_memmap(tmp_path: Path) -> None:
    x, y = data(rows=1000)
    stored = np.memmap(tmp_path / "x", dtype=np.float64, mode="w+", shape=x.shape)
    stored[:] = x
    stored.flush()
    mapped = np.memmap(tmp_path / "x", dtype=np.float64, mode="r", shape=x.shape)
    assert LeastSquares(mapped, y).gram == LeastSquares(x, y).gram


def parquet(path: Path, **columns: Any) -> Path:
    arrow = pytest.importorskip("pyarrow", reason="needs pyarrow, the extra `arrow`")
    from pyarrow import parquet

    parquet.write_table(arrow.table(columns), path, row_group_size=300)
    return path


def test_parquet(tmp_path: Path) -> None:
    x, y = data(rows=1000, m=1)
    narrow = x[:, 1].astype(np.float32)
    path = parquet(tmp_path / "rows.parquet", height=x[:, 0], width=narrow, weight=y[:, 0])
    blocks = list(parquet_blocks(path, x=["height", "width"], y=["weight"], rows=128))
    assert max(len(block) for block, _ in blocks) <= 128
    whole = LeastSquares(np.stack([x[:, 0], narrow], axis=1), y)
    assert LeastSquares.of_blocks(blocks).gram == whole.gram


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([1, 2], "x: got type int64; floats will do"),
        ([1.0, None], "x: got 1 nulls; numbers in every row will do"),
    ],
)
def test_parquet_columns_that_will_not_do(tmp_path: Path, column: list[Any], message: str) -> None:
    path = parquet(tmp_path / "rows.parquet", x=column, y=[1.0, 2.0])
    with pytest.raises(ValueError, match=message):
        list(parquet_blocks(path, x=["x"], y=["y"]))
    with pytest.raises(ValueError, match=r"columns: got \['z'\]; of \['x', 'y'\] will do"):
        list(parquet_blocks(path, x=["z"], y=["y"]))


def test_a_sum_of_sums_forgets_no_rows() -> None:
    x, y = data()
    columns = np.hstack([x, y])
    total = Gram.of_floats(columns[:13]) + Gram.of_floats(columns[13:])
    assert total.rows == 40
    assert total == Gram.of_floats(columns)
