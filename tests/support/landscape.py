"""The loss of a row as a landscape, from the few numbers that its curves carry: what the page's script computes."""

from __future__ import annotations

import numpy as np

from gradagree.matrix.curves import Curves
from reference.dyadic import FloatArray


def loss(curves: Curves, V: FloatArray) -> float:
    """`L* + ½ (V - V*)ᵀ H (V - V*)`."""
    D = V - np.array(curves["minimiser"])
    return float(curves["minimum"] + 0.5 * D @ hessian(curves) @ D)


def exact_path(curves: Curves, k: int) -> FloatArray:
    """`V* + (I - lr H)^k (V_0 - V*)`, where exact descent is after k steps."""
    values, Q = np.linalg.eigh(hessian(curves))
    optimum, start = np.array(curves["minimiser"]), np.array([curves["w"][0], curves["b"][0]], dtype=np.float64)
    return np.asarray(optimum + Q @ ((1 - curves["lr"] * values) ** k * (Q.T @ (start - optimum))))


def hessian(curves: Curves) -> FloatArray:
    ww, wb, bb = curves["hessian"]
    return np.array([[ww, wb], [wb, bb]])
