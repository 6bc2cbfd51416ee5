"""Numbers made by formula: the same bits everywhere and always, whatever any generator does."""

from __future__ import annotations

import numpy as np

from reference.dyadic import FloatArray


def hashed(rows: int, columns: int, seed: int, bits: int = 16) -> FloatArray:
    """Numbers of `bits` bits in [0, 1), `(rows, columns)`: SplitMix64's hash of `(seed, row, column)`.

    Source: Steele, Lea & Flood, *Fast splittable pseudorandom number generators*, OOPSLA 2014.
    """
    index = np.arange(rows * columns, dtype=np.uint64) + np.uint64(seed) * np.uint64(2**32)
    with np.errstate(over="ignore"):
        z = (index + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return (z >> np.uint64(64 - bits)).astype(np.float64).reshape(rows, columns) / 2.0**bits
