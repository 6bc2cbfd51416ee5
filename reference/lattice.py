"""The bit-exact tier: data on which an evaluation by powers of two cannot round before its last step.

Where every term of a sum is a multiple of `2**q` and the terms' sizes add up to at most `2**(q + precision)`, every
partial sum is a multiple of `2**q` of at most `precision` bits, in any order and any tree: nothing rounds. If that
holds for the residuals and for the gradient's sums, each product fits the format it may be stored in, and the
evaluation has no constants but powers of two, the gradient is the exact one, rounded to storage once. There the
tolerance is not small but zero, at any N, where the bounds of `rounding` have grown wide. Multiplier inputs of fewer
bits than the data (TF32: 11) break the condition, and so are exposed when they are used and not claimed. Source:
Higham, *Accuracy and Stability*, §2.1 (floats are integers at one exponent).

What constants an evaluation has is no matter of the data: a loss scale of 1000, rows weighted by `sqrt(1/N)`, or a mean
that goes through a norm, are right, and round. So this tier is for those who claim it (`Arithmetic.dyadic`).
"""

from __future__ import annotations

import numpy as np

from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray, odd_parts
from reference.formats import Format
from reference.least_squares import LeastSquares
from reference.scales import Scales

FAR = 2**20  # an exponent no float has: that of a zero, which is a multiple of everything


def lattice_bound(
    arithmetic: Arithmetic,
    problem: LeastSquares,
    largest: FloatArray,
    V: FloatArray,
    sizes: Scales,
    gradient: FloatArray,
) -> FloatArray:
    """`|RN(g) - g|` where the rounded exact gradient is the only correct one, infinity elsewhere, `(K, p, m)`.

    Parameters
    ----------
    arithmetic
        that is claimed; that it is dyadic is taken for granted.
    problem
        the exact least-squares problem, of float data.
    largest
        `(p + m,)`: the largest size in each column of `[x, 1, y]`.
    V
        `(K, p, m)`: the iterates.
    sizes
        those of the same iterates.
    gradient
        `(K, p, m)`: the exact gradients; on the lattice they are floats.
    """
    nowhere = np.full_like(V, np.inf)
    count = problem.rows * problem.m
    if count & (count - 1) or arithmetic.pieces > 1:
        return nowhere
    p = problem.unknowns
    steps = np.array([_exponent(scale.numerator, scale.denominator) for scale in problem.gram.scales])
    unit = _residual_unit(V, steps, p)

    # The residuals, terms and partial sums alike, fit the format they are summed and stored in …
    stored = arithmetic.storage.precision
    narrow = min(stored, arithmetic.accumulate.precision)
    terms = (largest[:p, None] * np.abs(V)).sum(axis=1) + largest[p:]
    exact = terms <= _grid(unit, narrow)
    # … and so do the factors of every product, in the format that multipliers round to.
    if arithmetic.multiply is not None:
        exact &= terms <= _grid(unit, arithmetic.multiply.precision)
        exact &= _inputs_fit(arithmetic.multiply, V, largest[:p], steps[:p])
    # The mean's scale leaves them in the normal range.
    scale = 1 - (count.bit_length() - 1)
    exact &= unit + scale >= arithmetic.storage.emin

    products = steps[:p, None] + unit[:, None, :]
    # A product may be stored by itself: no residual is larger than the root of the sum of their squares.
    residual = np.minimum(terms, np.sqrt(sizes.rss)[:, None])
    exact_products = largest[:p, None] * residual[:, None, :] <= _grid(products, stored)
    size = sizes.Q if arithmetic.through_gram else sizes.P
    fits = exact[:, None, :] & exact_products & (products + scale >= arithmetic.storage.emin)
    fits &= size <= _grid(products, _summed_bits(arithmetic, problem)[:, None])
    if arithmetic.through_gram:
        squares = steps[:p, None] + steps[None, :p]
        fits &= bool((problem.gram.absolute[:p, :p] <= _grid(squares, narrow)).all())
    fits &= sizes.within(arithmetic)[:, None, None]
    with np.errstate(over="ignore"):
        rounded = gradient.astype(arithmetic.storage.dtype).astype(np.float64)
    return np.where(fits, np.abs(rounded - gradient), nowhere)


def _summed_bits(arithmetic: Arithmetic, problem: LeastSquares) -> FloatArray:
    """`(p,)`: the bits of the narrowest number that a sum over the rows passes through.

    What is stored between the sums (through XᵀX, or by additional roundings) must fit the storage as well; b's gradient
    is no product with data, and of a single target it is a plain sum.
    """
    bits = arithmetic.accumulate.precision
    if arithmetic.blocks is not None:
        bits = min(bits, arithmetic.blocks.bits, arithmetic.blocks.result)
    if arithmetic.through_gram or arithmetic.extra_roundings:
        bits = min(bits, arithmetic.storage.precision)
    of_b = bits
    if problem.m == 1 and arithmetic.stores_partial_sums(problem.rows):
        of_b = min(bits, arithmetic.storage.precision)
    return np.array([bits] * (problem.unknowns - 1) + [of_b])


def _residual_unit(V: FloatArray, steps: FloatArray, p: int) -> FloatArray:
    """The exponent q of which every term of every residual is a multiple, `(K, m)`."""
    digits, exponents = odd_parts(V)
    terms = np.where(digits == 0, FAR, exponents + steps[:p, None])
    return np.asarray(np.minimum(terms.min(axis=1), steps[p:]))


def _inputs_fit(multiply: Format, V: FloatArray, largest: FloatArray, steps: FloatArray) -> FloatArray:
    """Whether x and w are numbers of the multipliers' format, `(K, m)`."""
    data = bool((largest <= _grid(steps, multiply.precision)).all())
    digits, _ = odd_parts(V)
    return np.asarray(data & (np.abs(digits) < 2**multiply.precision).all(axis=1))


def _grid(unit: FloatArray, precision: int | FloatArray) -> FloatArray:
    """`2**(q + precision)`: up to there every multiple of `2**q` is a number of so many bits."""
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.ldexp(1.0, np.clip(unit + precision, -2000, 1023).astype(np.int64)))


def _exponent(numerator: int, denominator: int) -> int:
    return numerator.bit_length() - denominator.bit_length()
