"""Exact least squares over rows on many machines, with Dask (the extra `dask`).

Each worker sums the products of its own rows, exactly; sums are merged in a tree. They are integers, so the result
is the same to the last bit on any number of workers. Run it: `python -m examples.shards.on_dask`.
"""

from __future__ import annotations

from typing import Any

from reference.least_squares import LeastSquares

BRANCHES = 8  # problems that one task merges


def least_squares(x: Any, y: Any) -> Any:
    """The exact problem of Dask arrays `x (N, d)` and `y (N, m)`, as one delayed `LeastSquares`.

    Raises
    ------
    ValueError
        if their rows are not cut at the same places.
    """
    from dask.delayed import delayed

    x, y = x.rechunk({1: -1}), y.rechunk({1: -1})
    if x.chunks[0] != y.chunks[0]:
        raise ValueError(f"y: got rows cut into {y.chunks[0]}, those of x into {x.chunks[0]}; alike will do")
    pairs = zip(x.to_delayed().ravel(), y.to_delayed().ravel(), strict=True)
    parts = [delayed(LeastSquares)(a, b) for a, b in pairs]
    while len(parts) > 1:
        groups = [parts[i : i + BRANCHES] for i in range(0, len(parts), BRANCHES)]
        parts = [delayed(LeastSquares.merge)(*group) for group in groups]
    return parts[0]


def main() -> None:
    """Two workers on this machine, 10⁶ rows in 10 blocks."""
    from dask import array
    from distributed import Client, LocalCluster

    random = array.random.default_rng(0)
    x = random.normal(size=(1_000_000, 3), chunks=(100_000, 3))
    y = x.sum(axis=1, keepdims=True) + random.normal(size=(1_000_000, 1), chunks=(100_000, 1))
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        problem = least_squares(x, y).compute()
    w, b = problem.solution()
    print([float(v) for v in w.ravel()], [] if b is None else float(b[0]))


if __name__ == "__main__":
    main()
