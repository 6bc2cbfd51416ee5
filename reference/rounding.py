"""How far a correct evaluation may be from the exact one.

Standard model of floating-point arithmetic (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed.,
§2.2): `fl(a ∘ b) = (a ∘ b)(1 + δ) + η`, `|δ| ≤ u`, and `|η| ≤ ω` where the result is subnormal or flushed, else
`η = 0`; a subnormal operand that is flushed, or narrowed to the format of a multiplier, is off by at most ι. A sum of
N terms rounds each term at most N - 1 times in any order or tree, fused or not (§3.1; without the restriction
`N u < 1`: Jeannerod & Rump, SIAM J. Matrix Anal. Appl. 34, 2013). Formats may differ between storage, accumulation
and the inputs of multipliers (Blanchard, Higham, Lopez, Mary & Pranesh, SIAM J. Sci. Comput. 42, 2020). Every bound
here is valid only without overflow: `Scales.peak` says where that is certain.

Notation: N rows, d features, m targets; `u_s`, `u_a`, `u_m` the unit roundoffs of storage, accumulation and
multiplier inputs; `q_i = |x_i| |w| + |b| + |y_i|`, the size of the terms of residual `r_i`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from reference.dyadic import FloatArray
from reference.formats import FLOAT64, Format
from reference.least_squares import LeastSquares

SMALLEST = 2.0**-1074


def upward(terms: int = 1) -> float:
    """`1 + 2 n u ≥ (1 + u)^n`, `n = 64 + 2 terms`: lifts a bound that was computed in float64 above the exact one.

    Each bound goes through fewer than 64 operations and sums over at most `terms` numbers, none of them negative.
    The power itself would not do: in float64, `1 + u` is 1.
    """
    return 1 + 2 * (64 + 2 * terms) * FLOAT64.unit_roundoff


@dataclass(frozen=True)
class Arithmetic:
    """What an implementation claims of its arithmetic.

    Parameters
    ----------
    storage
        the format that every intermediate array is stored in, and the result.
    accumulate
        the format in which sums and dot products are accumulated.
    multiply
        the format that inputs of matrix products are rounded to, `None` where they already fit.
    flushes
        whether subnormal results (and inputs) are replaced by zero.
    height
        how often a term of a sum may be rounded, where a summation tree is relied on; `None` for any order.
    extra_roundings
        roundings to `storage` of each gradient beyond the plain formula's (micro-batch weights, an all-reduce).
    parameters
        the format that parameters are kept and updated in, where it is wider than `storage` (mixed precision).
    through_gram
        whether the gradient is formed as `XᵀX v - Xᵀy`, with these products summed and stored first: what are terms of
        a residual elsewhere are then sums over the rows.
    """

    storage: Format
    accumulate: Format
    multiply: Format | None = None
    flushes: bool = False
    height: int | None = None
    extra_roundings: int = 0
    parameters: Format | None = None
    through_gram: bool = False

    def rho(self, d: int) -> float:
        """`ρ = (1+u_m)² (1+u_a)^d (1+u_s)³ - 1`: the relative error of a residual, in units of `q_i`.

        Through XᵀX two products follow one another, and the inputs of both may be narrowed: `(1+u_m)⁴`.
        """
        narrowed = 4 if self.through_gram else 2
        return _growth((self.narrowing, narrowed), (self.accumulate.unit_roundoff, d), (self.storage.unit_roundoff, 3))

    def sigma(self, rows: int) -> float:
        """`σ = (1+u_m)² (1+u_a)^N (1+u_s)⁶ - 1`: the relative error that scaling and summing add."""
        depth = rows if self.height is None else min(rows, self.height)
        return _growth(
            (self.narrowing, 2),
            (self.accumulate.unit_roundoff, depth),
            (self.storage.unit_roundoff, 6 + self.extra_roundings),
        )

    def tau(self, terms: int) -> float:
        """`τ = (1+u_a)^(N m) (1+u_s)⁴ - 1`: the relative error that squaring and averaging add."""
        depth = terms if self.height is None else min(terms, self.height)
        return _growth(
            (self.accumulate.unit_roundoff, depth),
            (self.storage.unit_roundoff, 4 + self.extra_roundings),
        )

    @property
    def updates(self) -> Format:
        """The format that parameters are kept and updated in."""
        return self.parameters or self.storage

    @property
    def omega(self) -> float:
        """`ω`: the absolute error of a result below the smallest normal number λ, `u λ`, or λ where it flushes."""
        coarse = max((self.storage, self.accumulate), key=lambda f: f.smallest_normal * f.unit_roundoff)
        # For float64, u λ is half of the smallest float64, and would itself round to zero.
        return max(coarse.smallest_normal * (1.0 if self.flushes else coarse.unit_roundoff), SMALLEST)

    @property
    def iota(self) -> float:
        """`ι`: the absolute error of an operand below the smallest normal number, from flushing or narrowing it."""
        flushed = self.omega if self.flushes else 0.0
        narrowed = self.narrowing * self.multiply.smallest_normal if self.multiply is not None else 0.0
        return flushed + narrowed

    @property
    def largest(self) -> float:
        """The largest number that every intermediate result can hold."""
        return min(self.storage.largest, self.accumulate.largest)

    @property
    def narrowing(self) -> float:
        """`u_m`: the unit roundoff of multiplier inputs, 0 where they fit."""
        if self.multiply is None or self.multiply.contains(self.updates):
            return 0.0
        return self.multiply.unit_roundoff


def _growth(*factors: tuple[float, int]) -> float:
    """`Π (1 + u)^n - 1` over pairs (u, n), without cancellation; infinity beyond the largest float."""
    exponent = math.fsum(n * math.log1p(u) for u, n in factors)
    return math.expm1(exponent) if exponent < 700 else math.inf


@dataclass(frozen=True)
class Scales:
    """The sizes that the bounds are made of, at K iterates.

    Parameters
    ----------
    P
        `(K, p, m)`: `sqrt(G_jj · RSS) ≥ Σ_i |X_ij r_i|`, by Cauchy and Schwarz.
    Q
        `(K, p, m)`: `(A|v| + a)_j = Σ_i |X_ij| q_i`, with `A = |X|ᵀ|X|` and `a = |X|ᵀ|Y|`.
    S
        `(p,)`: `Σ_i |X_ij|`.
    Z
        `(K, p, m)`: `Σ_i |X_ij| Σ_k (|x_ik| + |w_k|)`, what an error in each operand of a residual is multiplied by.
    Z_norm
        `(K,)`: a bound on the 2-norm of `Σ_k (|x_ik| + |w_k|)` over all rows and targets.
    v_norm
        `(K, 1, m)`: `1 + Σ_k |v_k|`.
    rss, total
        `(K,)`: `Σ r_i²` and `T = Σ q_i² = |v|ᵀA|v| + 2aᵀ|v| + s`, over all rows and targets.
    peak
        `(K,)`: a bound on every intermediate result of an exact evaluation.
    """

    P: FloatArray
    Q: FloatArray
    S: FloatArray
    Z: FloatArray
    Z_norm: FloatArray
    v_norm: FloatArray
    rss: FloatArray
    total: FloatArray
    peak: FloatArray


def scales(problem: LeastSquares, V: FloatArray, residual_squares: FloatArray) -> Scales:
    """The sizes `P`, `Q`, `S`, `RSS`, `T` of the bounds, from above.

    Parameters
    ----------
    problem
        the exact least-squares problem, with an intercept.
    V
        `(K, p, m)` iterates.
    residual_squares
        `(K, m)`: their exact sums of squared residuals, as `Evaluation.residual_squares` gives them.
    """
    p = problem.unknowns
    absolute = problem.gram.absolute
    A, a, s = absolute[:p, :p], absolute[:p, p:], np.diagonal(absolute)[p:]
    magnitudes = np.abs(V)
    # Below the normal range a float is no longer near its number, and its square root still less.
    subnormal = residual_squares < FLOAT64.smallest_normal
    squares = residual_squares + np.where(subnormal, SMALLEST, 0.0)
    above = upward(p * problem.m)
    with np.errstate(over="ignore", invalid="ignore"):
        Q = A @ magnitudes + a
        P = np.sqrt(np.diagonal(A))[:, None] * np.sqrt(squares)[:, None, :]
        total = (magnitudes * (Q + a)).sum(axis=(1, 2)) + s.sum()
        d, S = problem.d, A[p - 1]
        weights = magnitudes[:, :d].sum(axis=1)  # Σ_k |w_k|, (K, m)
        Z = A[:, :d].sum(axis=1)[:, None] + S[:, None] * weights[:, None, :]
        Z_norm = np.sqrt(problem.m) * np.sqrt(np.diagonal(A)[:d]).sum()
        Z_norm = Z_norm + np.sqrt(problem.rows) * weights.sum(axis=1)
        # Each |r_i| ≤ sqrt(RSS) and each q_i ≤ sqrt(T); products and partial sums of the gradient stay below P
        # even unscaled, those of the loss below RSS. The factor 2 is the scale in front of the mean.
        peak = 2 * np.maximum.reduce([np.sqrt(total), squares.sum(axis=1), P.max(axis=(1, 2))])
        v_norm = 1 + magnitudes.sum(axis=1, keepdims=True)
        sizes = (P, Q, S, Z, Z_norm, v_norm, squares.sum(axis=1), total, peak)
    # Sums that have outgrown float64 times zero parameters: nothing is known of such a term.
    return Scales(*(_known(size * above) for size in sizes))


def _known(bound: FloatArray) -> FloatArray:
    """A bound, infinite where zero times infinity has made it NaN."""
    return np.where(np.isnan(bound), np.inf, bound)


def gradient_bound(claim: Arithmetic, problem: LeastSquares, sizes: Scales) -> FloatArray:
    """`B_j ≥ |ĝ_j - g_j|` for a gradient whose residual is formed, scaled, then dotted, `(K, p, m)`.

    `B_j = c [σ P_j + (1+σ)(ρ Q_j + (1+ρ) U_j)] + (1+σ) [ω (3 S_j + 2 R_j + 2 N + 4) + 2 ι (S_j + c R_b)]`,
    `c = 2/(N m)`, `U_j = (2d + 4) ω S_j + 2 ι Z_j`, `R_j = P_j + ρ Q_j + (1+ρ) U_j ≥ Σ_i |X_ij r̂_i|`, `R_b` that of
    the intercept.

    The first bracket is the rounding of the sums, and the residual's own error carried through. Of that, U is the
    underflow: d products, d - 1 additions, a conversion and two additions may each be flushed, and so may b, y and
    every x and w. The second bracket is the underflow from there on: in the scaled residual (3 S), in c (2 R), in N
    products and N additions; then what flushing or narrowing the factors of those products does, ι for each scaled
    residual and each x. The 2 in front of ι is for two operands that are both subnormal. Additions underflow only
    where results are flushed, but then by as much as products. Infinite where N u has outgrown the model.

    Through XᵀX, terms are summed over the rows before they meet the parameters: ρ is then that of d + N terms, and
    `Q_j`, which bounds `Σ_k |XᵀX|_jk |v_k| + |Xᵀy|_j` too, carries it. What underflows in those sums is multiplied by
    the parameters, which adds `2 N ω + 2 ι (S_j + max S)` times `1 + Σ_k |v_k|` to U.
    """
    N, m, d = problem.rows, problem.m, problem.d
    rho = claim.rho(d + N if claim.through_gram else d)
    c, sigma, omega, iota = 2 / (N * m), claim.sigma(N), claim.omega, claim.iota
    if not math.isfinite(sigma):
        return np.full_like(sizes.P, math.inf)
    S = sizes.S[:, None]
    with np.errstate(over="ignore", invalid="ignore"):
        lost = (2 * d + 4) * omega * S + 2 * iota * sizes.Z
        if claim.through_gram:
            lost = lost + (2 * N * omega + 2 * iota * (S + S.max())) * sizes.v_norm
        carried = rho * sizes.Q + (1 + rho) * lost
        terms = sizes.P + carried
        rounding = c * (sigma * sizes.P + (1 + sigma) * carried)
        underflow = omega * (3 * S + 2 * terms + 2 * N + 4) + 2 * iota * (S + c * terms[:, -1:])
        bound = rounding + (1 + sigma) * underflow
    return _known(bound * upward())


def loss_bound(claim: Arithmetic, problem: LeastSquares, sizes: Scales) -> FloatArray:
    """`≥ |L̂ - L|` for a mean of squared residuals, `(K,)`.

    `(1/(N m)) [τ RSS + (1+τ)(2 sqrt(RSS) E + E²)] + (1+τ) ω [2 N m + 4 + (sqrt(RSS) + E)²]`, where
    `E = ρ sqrt(T) + (1+ρ)[(2d+4) ω sqrt(N m) + 2 ι Z_norm]` bounds the 2-norm of the residuals' errors, as U does for
    the gradient. The last square is there for a reciprocal `1/(N m)` that is itself subnormal.

    Through XᵀX the loss is `(1/(N m)) (vᵀGv - 2cᵀv + s)`, whose terms add up to T and are each summed over rows,
    unknowns and targets. What underflows in G and c is multiplied by the parameters, twice in G; what is flushed in s,
    by y, and `Σ|y| ≤ sqrt(N m T)`.
    """
    count, omega, u_s = problem.rows * problem.m, claim.omega, claim.storage.unit_roundoff
    rho, tau = claim.rho(problem.d), claim.tau(count)
    if claim.through_gram:
        depth = problem.rows + problem.unknowns * (problem.m + 1)
        tau = _growth((claim.narrowing, 4), (claim.accumulate.unit_roundoff, depth), (u_s, 4))
    if not math.isfinite(tau):
        return np.full_like(sizes.rss, math.inf)
    with np.errstate(over="ignore", invalid="ignore"):
        if claim.through_gram:
            sums = 4 * problem.rows * omega + 8 * claim.iota * sizes.S.max() + (2 * problem.d + 4) * omega
            lost = sums * (sizes.v_norm * sizes.v_norm).sum(axis=(1, 2)) + 2 * claim.iota * np.sqrt(count * sizes.total)
            squares = tau * sizes.total + (1 + tau) * lost
            squared = sizes.total
        else:
            underflow = (2 * problem.d + 4) * omega * math.sqrt(count) + 2 * claim.iota * sizes.Z_norm
            E = rho * np.sqrt(sizes.total) + (1 + rho) * underflow
            squares = tau * sizes.rss + (1 + tau) * (2 * np.sqrt(sizes.rss) * E + E * E)
            squared = (np.sqrt(sizes.rss) + E) ** 2
        bound = squares / count + (1 + tau) * omega * (2 * count + 4 + squared)
    return _known(bound * upward(problem.m))


def update_bound(claim: Arithmetic, lr: float, gradient: FloatArray, after: FloatArray) -> FloatArray:
    """`≥ |V⁺ - (V - lr ĝ)|` for one update by the implementation's own gradient ĝ, elementwise.

    `u|V⁺| + ((1+u)² - 1)|lr ĝ| + ω + ι (2 + (1+u)² lr)`: the rounding of lr, of the product, and of the difference, u
    that of storage; where subnormals flush, V and V⁺ may lose λ each, and ĝ as well.
    A learning rate below the smallest normal number is itself only absolutely accurate, which adds `ω|ĝ|`.
    """
    u, omega = claim.updates.unit_roundoff, claim.omega
    # lr comes last but one: lr u alone may lie below the smallest float64. The products here may too, by which they
    # lose half of it each.
    unscaled = omega if 0 < lr < claim.updates.smallest_normal else 0.0
    with np.errstate(over="ignore"):
        slope = (2 * u + u * u) * (lr * np.abs(gradient)) + unscaled * np.abs(gradient)
        underflow = omega + claim.iota * (2 + (1 + u) ** 2 * lr) + 2 * SMALLEST
        return np.asarray((u * np.abs(after) + slope + underflow) * upward())


def run_bound(
    claim: Arithmetic,
    problem: LeastSquares,
    lr: float,
    gradient: FloatArray,
    bound: FloatArray,
    V: FloatArray,
) -> FloatArray:
    """`≥ ‖V̂_K - V_K‖₂`, how far the run may end from the exact run, for each target, `(m,)`.

    `e_{k+1} ≤ max|1 - lr λ_i(H)| e_k + ‖d_k‖` with `d = u|V⁺| + lr[(1+u)² B + ((1+u)² - 1)|g|] + ω`, and the terms in
    ι of `update_bound`: what one step adds, and how a step carries on what was there (Higham, ch. 17, for the
    technique).

    Parameters
    ----------
    gradient, bound
        `(K, p, m)`: the exact gradients at the run's own iterates, and their bounds B.
    V
        `(K+1, p, m)`: the iterates, the end included.
    """
    contraction = problem.contraction(lr)
    with np.errstate(over="ignore", invalid="ignore"):
        local = update_bound(claim, lr, np.abs(gradient) + bound, V[1:]) + lr * bound
        # hypot, because squares underflow where the bounds of float64 do not
        added = np.asarray(np.hypot.reduce(local, axis=1)) * upward(problem.unknowns)
    growth = 1 + 4 * FLOAT64.unit_roundoff
    error = [0.0] * V.shape[2]
    for target, steps in enumerate(added.T.tolist()):  # a float at a time is faster than arrays of few targets
        for step in steps:
            error[target] = (contraction * error[target] + step) * growth
    return np.where(np.isnan(error), np.inf, error)
