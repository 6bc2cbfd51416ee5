"""Exact least squares over rows on many ranks, by `torch.distributed.all_reduce`.

Every rank sums the products of its own rows, exactly. The integers are cut into digits of 32 bits in int64, whose
sums over fewer than 2³¹ ranks cannot overflow, so an ordinary all-reduce adds them up, the same to the last bit in
any order. Run it: `python -m examples.shards.on_torch`.
"""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from flint import fmpz_mat
from torch.multiprocessing.spawn import spawn

from reference.formats import FLOAT64
from reference.gram import Gram
from reference.least_squares import LeastSquares

DIGIT = 32
NO_SCALE = 1 << 32  # the exponent of a column of zeros, which goes with any


def all_reduce(local: LeastSquares) -> LeastSquares:
    """The exact problem of the rows of all ranks, given on each that of its own rows, which were floats."""
    gram = local.gram
    q = len(gram.scales)
    exponents = torch.tensor(
        [
            NO_SCALE if gram.integers[j, j] == 0 else s.numerator.bit_length() - s.denominator.bit_length()
            for j, s in enumerate(gram.scales)
        ]
    )
    dist.all_reduce(exponents, dist.ReduceOp.MIN)
    common = [0 if e == NO_SCALE else e for e in exponents.tolist()]
    scales = tuple(Fraction(1 << max(e, 0), 1 << max(-e, 0)) for e in common)

    integers = [int(n) for n in gram.at(scales).entries()]
    length = torch.tensor(max(n.bit_length() for n in integers))
    dist.all_reduce(length, dist.ReduceOp.MAX)
    last = int(length) // DIGIT  # the leading digit keeps the sign
    digits = torch.tensor(
        [[n >> DIGIT * i & ((1 << DIGIT) - 1) for n in integers] for i in range(last)]
        + [[n >> DIGIT * last for n in integers]]
    )
    dist.all_reduce(digits)
    totals = [sum(int(n) << DIGIT * i for i, n in enumerate(column)) for column in digits.T.tolist()]

    rows, absolute = torch.tensor(gram.rows), torch.from_numpy(gram.absolute.copy())
    dist.all_reduce(rows)
    dist.all_reduce(absolute)
    upward = 1 + 4 * dist.get_world_size() * FLOAT64.unit_roundoff
    whole = Gram(int(rows), fmpz_mat(q, q, totals), scales, absolute.numpy() * upward)
    return LeastSquares.of_gram(whole, local.d, local.m, local.intercept)


def run(rank: int, ranks: int, rendezvous: str, x: torch.Tensor, y: torch.Tensor) -> None:
    """One rank: every `ranks`-th row is its own."""
    dist.init_process_group("gloo", init_method=rendezvous, rank=rank, world_size=ranks)
    try:
        problem = all_reduce(LeastSquares(x[rank::ranks].numpy(), y[rank::ranks].numpy()))
        w, b = problem.solution()
        print(rank, [float(v) for v in w.ravel()], [] if b is None else float(b[0]))
    finally:
        dist.destroy_process_group()


def main() -> None:
    """Two ranks on this machine."""
    random = np.random.default_rng(0)
    x = torch.from_numpy(random.normal(size=(100_000, 3)))
    y = x.sum(dim=1, keepdim=True)
    with tempfile.TemporaryDirectory() as folder:
        rendezvous = (Path(folder) / "rendezvous").as_uri()
        spawn(run, args=(2, rendezvous, x, y), nprocs=2)


if __name__ == "__main__":
    main()
