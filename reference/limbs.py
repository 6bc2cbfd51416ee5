"""Exact sums of products of float columns at the speed of BLAS.

An error-free transformation of a matrix product (Ozaki, Ogita, Oishi & Rump, Numerical Algorithms 59, 2012): each
column is cut into limbs, integers of at most `c` bits in units of its own, and a float64 matrix product of limbs
of R rows cannot round in any order while `2 c + log2(R) ≤ 53`. Rows come block by block, a column has as many
limbs as its bits in that block ask for, and rows that would need more than `LIMBS` go to big integers, which is
slower and no less exact.

What is added up stays integer throughout: int64 within a batch of blocks, Python's integers from there on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from flint import fmpz_mat

from reference.batches import CAPACITY, FAR, HIGHEST, Batch, Sums, limb_bits, products
from reference.blocks import Blocks, Table
from reference.dyadic import FloatArray, odd_parts

# A block has so many numbers at most, and so many rows: larger ones leave the cache, and in smaller ones threads wait
# for the interpreter more than they work.
CELLS, ROWS = 1 << 18, 1 << 16
FEW = 400  # numbers: for so few, big integers are the faster way


def sums_of_products(tables: Sequence[Table], rows: int | None = None) -> Iterator[Sums]:
    """The sums of products of all columns of `tables`, side by side, in parts that add up to the whole.

    Parameters
    ----------
    tables
        float arrays `(N, q_1), (N, q_2), …`, none of them wider than float64. They are read block by block.
    rows
        how many rows a block has; by default as many as are fastest.

    Raises
    ------
    ValueError
        if a number is NaN or infinite.
    """
    N, q = len(tables[0]), sum(table.shape[1] for table in tables)
    if rows is None and N * q <= FEW:
        yield big_integer_sums(np.hstack([table.astype(np.float64) for table in tables]))
        return
    rows = min(N, rows or max(1, min(ROWS, CELLS // q)))
    blocks = Blocks(tables, rows)
    batch: Batch | None = None
    for start in range(0, N, rows):
        top = blocks.load(start)
        if top.max() > HIGHEST:
            yield big_integer_sums(blocks.again(start))
            continue
        if batch is None or not batch.takes(top):
            capacity = 1  # the first block is a batch of its own: it teaches the order of the columns
            if batch is not None:
                yield batch.sums(blocks.order)
                top, capacity = blocks.permute(batch.ranks, batch.raised(top)), CAPACITY
            batch = Batch(top, limb_bits(rows), capacity)
        spilled = batch.add(blocks)
        if spilled is not None:
            # Their magnitudes have been added with the rest of the block.
            yield big_integer_sums(blocks.again(start)[spilled])._replace(magnitudes=np.zeros((q, q)))
    if batch is not None:
        yield batch.sums(blocks.order)


def big_integer_sums(columns: FloatArray) -> Sums:
    """The sums of products of float64 columns, shape `(n, q)`, through big integers.

    Raises
    ------
    ValueError
        if a number is NaN or infinite.
    """
    n, q = columns.shape
    if not np.isfinite(columns).all():
        raise ValueError("columns: got NaN or infinity; finite numbers will do")
    digits, exponents = odd_parts(columns)
    lowest = np.where(digits == 0, FAR, exponents).min(axis=0)
    lowest[lowest == FAR] = 0
    shifts = np.where(digits == 0, 0, exponents - lowest)
    table = fmpz_mat(n, q, (digits.astype(object) << shifts.astype(object)).ravel().tolist())
    entries = (table.transpose() * table).entries()
    integers = np.array([int(entry) for entry in entries], dtype=object).reshape(q, q)
    return Sums(n, integers, lowest, products(np.abs(columns.T)))
