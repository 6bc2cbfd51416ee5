"""Rows shared out among processes give the problem of one process, to the last bit."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from reference.least_squares import LeastSquares

pytestmark = pytest.mark.sweep


def rows(dtype: type[np.floating[Any]]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    random = np.random.default_rng(0)
    x = np.ldexp(random.normal(size=(5000, 3)), random.integers(-20, 20, (5000, 3))).astype(dtype)
    x[::2, 1] = 0.0  # on one of two ranks a column of zeros, whose scale says nothing
    x[:, 2] = 0.0
    return x, random.normal(size=(5000, 2)).astype(dtype)


def test_dask_cluster() -> None:
    pytest.importorskip("dask", reason="needs Dask, the extra `dask`")
    distributed = pytest.importorskip("distributed", reason="needs Dask, the extra `dask`")
    from dask import array

    from examples.shards import on_dask

    x, y = rows(np.float64)
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, distributed.Client(cluster):
        # 13 blocks make a tree of two levels; the last is shorter.
        shares = array.from_array(x, chunks=(400, 2)), array.from_array(y, chunks=(400, 1))
        problem = on_dask.least_squares(*shares).compute()
    assert problem.gram == LeastSquares(x, y).gram


def test_dask_rows_cut_apart() -> None:
    array = pytest.importorskip("dask.array", reason="needs Dask, the extra `dask`")
    from examples.shards import on_dask

    with pytest.raises(ValueError, match="y: got rows cut into"):
        on_dask.least_squares(array.ones((6, 1), chunks=(3, 1)), array.ones((6, 1), chunks=(2, 1)))


def rank(index: int, ranks: int, folder: Path, x: npt.NDArray[Any], y: npt.NDArray[Any]) -> None:
    """What one process does: reduce, and leave the result for the test."""
    import torch.distributed as dist

    from examples.shards import on_torch

    rendezvous = (folder / "rendezvous").as_uri()
    dist.init_process_group("gloo", init_method=rendezvous, rank=index, world_size=ranks)
    try:
        problem = on_torch.all_reduce(LeastSquares(x[index::ranks], y[index::ranks]))
        (folder / f"rank{index}").write_bytes(pickle.dumps(problem))
    finally:
        dist.destroy_process_group()


def test_torch_all_reduce(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs torch, the extra `torch`")
    x, y = rows(np.float32)
    torch.multiprocessing.spawn(rank, args=(2, tmp_path, x, y), nprocs=2)
    whole = LeastSquares(x, y)
    for index in range(2):
        found = pickle.loads((tmp_path / f"rank{index}").read_bytes())
        assert found.gram == whole.gram
        assert (found.gram.absolute * (1 + 2**-40) >= whole.gram.absolute).all()
