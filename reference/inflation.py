"""Bounds that are computed in float64, and lie above the exact ones all the same."""

from __future__ import annotations

import numpy as np

from reference.dyadic import FloatArray
from reference.formats import FLOAT64

SMALLEST = 2.0**-1074


def inflation(terms: int = 1) -> float:
    """`1 + 2 n u ≥ (1 + u)^n`, `n = 64 + 2 terms`: lifts a bound that was computed in float64 above the exact one.

    Each bound goes through fewer than 64 operations and sums over at most `terms` numbers, none of them negative.
    The power itself would not do: in float64, `1 + u` is 1.
    """
    return 1 + 2 * (64 + 2 * terms) * FLOAT64.unit_roundoff


def nan_to_inf(bound: FloatArray) -> FloatArray:
    """A bound, infinite where zero times infinity has made it NaN."""
    return np.where(np.isnan(bound), np.inf, bound)
