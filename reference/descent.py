"""Descent as what it is: one affine map, applied over and over, and the spectrum that decides where that leads."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TypeVar

import flint
import numpy as np
from flint import arb, arb_mat, fmpq_mat

from reference.dyadic import FloatArray
from reference.formats import FLOAT64
from reference.rational import Fractions

Matrix = TypeVar("Matrix", fmpq_mat, arb_mat)

# The judge rounds what it learns from a ball to float64: 27 bits more than that are kept.
BALL_BITS = 80
SMALLEST = arb(2) ** -1074


def iterate(A: Matrix, c: Matrix, V: Matrix, steps: int) -> Matrix:
    """`steps` applications of `V -> A V + c`, by repeated squaring of the map.

    Powers of one map commute, so the bits of the number of steps may come in any order.
    """
    if steps * V.ncols() < A.nrows():  # a few steps of a wide problem cost less than one square of A
        for _ in range(steps):
            V = A * V + c
        return V
    while steps:
        if steps & 1:
            V = A * V + c
        steps >>= 1
        if steps:
            c = A * c + c
            A = A * A
    return V


def iterate_ball(A: fmpq_mat, c: fmpq_mat, V: fmpq_mat, steps: int) -> arb_mat:
    """The result of `iterate` in balls that contain it, with radii of at most `2**-80` of the largest entry.

    No ball around an exact zero is small beside it: there the smallest float64 takes the entry's place.
    """
    bits = 2 * BALL_BITS
    while True:
        with flint.ctx.workprec(bits):
            result = iterate(arb_mat(A), arb_mat(c), arb_mat(V), steps)
            size = max(*(abs(v).upper() for v in result.entries()), SMALLEST)
            if all(v.rad() <= size * 2.0**-BALL_BITS for v in result.entries()):
                return result
        bits *= 2


def spectrum(hessian: Fractions) -> tuple[FloatArray, float]:
    """Eigenvalues of an exact symmetric matrix, ascending, and a bound on the error of each.

    The bound is proved after the fact, from `E = H - QΛQᵀ` and `F = QᵀQ - I`:
    `|λ - Λ| ≤ ‖E‖ + |Λ| ‖F‖` (Weyl's and Ostrowski's theorems; Horn & Johnson, §4.3, §4.5), to which the
    rounding of H and of E and F themselves is added. Infinite, both, where H has outgrown float64.
    """
    u, p = FLOAT64.unit_roundoff, len(hessian)
    # H is scaled to entries of about 1, by a power of two, so that no square below can underflow.
    largest = max(hessian.diagonal())
    power = largest.numerator.bit_length() - largest.denominator.bit_length() if largest else 0
    H = (hessian / Fraction(2) ** power).astype(np.float64)
    values, Q = np.linalg.eigh(H)
    norm = float(np.linalg.norm(H))
    E = float(np.linalg.norm(H - (Q * values) @ Q.T))
    F = float(np.linalg.norm(Q.T @ Q - np.eye(p)))
    error = E + norm * F + 4 * (p + 2) ** 2 * u * norm
    try:
        # Back in plain units, a result below the smallest normal number is off by half the spacing there.
        with np.errstate(over="raise"):
            values = np.ldexp(values, power)
        return values, math.ldexp(error, power) + 2.0**-1074 * (largest > 0)
    except (OverflowError, FloatingPointError):
        return np.full(p, np.inf), math.inf
