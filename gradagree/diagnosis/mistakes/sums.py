"""Predictions made of sums over the rows: gradients affine in the parameters, and sums of single residuals."""

from __future__ import annotations

import numpy as np

from gradagree.diagnosis.enclosure import OWN, UPWARD, Enclosure
from gradagree.diagnosis.evidence import Evidence
from reference.dyadic import FloatArray

# Residuals of every row at every step are held at once; beyond this many numbers (a quarter of a GiB) they are not.
MOST_RESIDUALS = 2**25


def affine(
    run: Evidence, sums: tuple[FloatArray, FloatArray], sizes: tuple[FloatArray, FloatArray], terms: int
) -> Enclosure:
    """`A V - c`, where each entry of A and c is a sum over `terms` products of data.

    The code may form the residual first: `[σ + (1+σ) ρ] (|A| |V| + |c|)`, each product counted by its size.

    Parameters
    ----------
    sums
        A and c, `(p, p)` and `(p, m)`.
    sizes
        the same with every product of data replaced by its magnitude.
    """
    center = sums[0] @ run.before - sums[1]
    size = (sizes[0] @ np.abs(run.before) + sizes[1]) * UPWARD
    bound = growth(run, terms) * size + OWN * (run.d + 4) * size + underflow(run, terms)
    return run.scale * Enclosure(center, bound)


def growth(run: Evidence, terms: int) -> float:
    """`σ + (1+σ) ρ`: what forming, scaling and summing `terms` residuals adds, in units of the terms' sizes."""
    sigma, rho = run.arithmetic.sigma(terms), run.arithmetic.rho(run.d)
    return sigma + (1 + sigma) * rho


def underflow(run: Evidence, terms: int) -> float:
    """What underflow of `terms` terms may add, each at most ω times the data's size."""
    largest = max(1.0, float(np.abs(run.x).max()))
    return run.arithmetic.omega * (terms + 8) * largest * UPWARD


def magnitudes(run: Evidence) -> FloatArray:
    """`(q, q)`: the means of |products| of the columns `[x, 1, y]`, from above."""
    return np.asarray(run.problem.least_squares.gram.absolute / run.N * UPWARD)


def residuals(run: Evidence, rows: slice = slice(None)) -> tuple[FloatArray, FloatArray] | None:
    """`x w + b - y`, `(K, n, m)`, for some of the rows, and how far a correct evaluation may be off.

    `None` if there are too many of them.
    """
    x, y = run.x[rows], run.y[rows]
    if run.steps * y.size > MOST_RESIDUALS:
        return None
    w, b = run.before[:, : run.d], run.before[:, run.d :]
    size = np.abs(x) @ np.abs(w) + np.abs(b) + np.abs(y)
    bound = (run.arithmetic.rho(run.d) + OWN * (run.d + 2)) * size * UPWARD + underflow(run, run.d)
    return x @ w + b - y, bound


def weighted(run: Evidence, weights: FloatArray, rows: slice) -> Enclosure | None:
    """`Σ_i c_i r_i (x_i, 1)` over some rows, for fixed weights c, `(n,)`."""
    found = residuals(run, rows)
    if found is None:
        return None
    r, error = found
    X = np.hstack([run.x[rows], np.ones((len(weights), 1))])
    terms = 2 * len(weights)  # an accumulator may be scaled at every row as well
    sizes = np.abs(X).T @ (np.abs(weights)[:, None] * np.abs(r))
    carried = np.abs(X).T @ (np.abs(weights)[:, None] * error)
    sigma = run.arithmetic.sigma(terms) + OWN * terms
    bound = (sigma * sizes + (1 + sigma) * carried) * UPWARD + underflow(run, terms)
    return Enclosure(X.T @ (weights[:, None] * r), bound)
