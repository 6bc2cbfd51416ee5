"""Rows of Parquet and Arrow (the extra `arrow`) that do not fit in memory, for `LeastSquares.of_blocks`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

Block = tuple[npt.NDArray[Any], npt.NDArray[Any]]

ROWS = 1 << 16


def parquet_blocks(path: str | PathLike[str], x: Sequence[str], y: Sequence[str], rows: int = ROWS) -> Iterator[Block]:
    """Blocks `x (n, d)` and `y (n, m)` of at most `rows` rows of a Parquet file, in its order.

    Needs pyarrow (the extra `arrow`).

    Parameters
    ----------
    path
        a Parquet file.
    x, y
        the names of its columns of features and of targets.

    Raises
    ------
    ValueError
        if a column is missing, is not of floats, or has nulls.
    """
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        _columns_exist(file.schema_arrow, [*x, *y])
        yield from arrow_blocks(file.iter_batches(batch_size=rows, columns=[*x, *y]), x, y)


def arrow_blocks(batches: Any, x: Sequence[str], y: Sequence[str]) -> Iterator[Block]:
    """Blocks `x (n, d)` and `y (n, m)` of Arrow record batches, or whatever else gives columns by name.

    Parameters
    ----------
    batches
        an iterable of `pyarrow.RecordBatch`: a `RecordBatchReader`, `Table.to_batches()`, a data set's batches.
    x, y
        as in `parquet_blocks`.

    Raises
    ------
    ValueError
        as in `parquet_blocks`.
    """
    for batch in batches:
        _columns_exist(batch.schema, [*x, *y])
        yield _matrix(batch, x), _matrix(batch, y)


def _columns_exist(schema: Any, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in schema.names]
    if missing:
        raise ValueError(f"columns: got {missing}; of {schema.names} will do")


def _matrix(batch: Any, names: Sequence[str]) -> npt.NDArray[Any]:
    columns = []
    for name in names:
        column = batch.column(name)
        if column.null_count:
            raise ValueError(f"{name}: got {column.null_count} nulls; numbers in every row will do")
        values = column.to_numpy(zero_copy_only=False)
        # NumPy would join float64 and int64 columns in float64, where integers beyond 2**53 are rounded.
        if values.dtype.kind != "f":
            raise ValueError(f"{name}: got type {column.type}; floats will do")
        columns.append(values)
    return np.stack(columns, axis=1)
