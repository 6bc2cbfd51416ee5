"""How far a correct evaluation may be from the exact one.

Standard model of floating-point arithmetic (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed.,
§2.2): `fl(a ∘ b) = (a ∘ b)(1 + δ) + η`, `|δ| ≤ u`, and `|η| ≤ ω` where the result is subnormal or flushed, else
`η = 0`. A sum of N terms rounds each term at most N - 1 times in any order or tree, fused or not (§3.1; without
the restriction `N u < 1`: Jeannerod & Rump, SIAM J. Matrix Anal. Appl. 34, 2013). Formats may differ between
storage, accumulation and the inputs of multipliers (Blanchard, Higham, Lopez, Mary & Pranesh, SIAM J. Sci.
Comput. 42, 2020). Every bound here is valid only without overflow: `Scales.peak` says where that is certain.

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
    """`1 + 2 k u ≥ (1 + u)^k`, k = 64 + 2 terms: lifts a bound that was computed in float64 above the exact one.

    Each bound goes through fewer than 64 operations and sums over at most `terms` numbers, none of them negative.
    (`1 + u` itself is 1 in float64.)
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
        whether subnormal results are replaced by zero. Data and parameters that are themselves subnormal, and would
        be too, are outside these bounds; so are they where multipliers round them to a narrower format.
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
        """`ρ = (1+u_m)² (1+u_a)^d (1+u_s)³ - 1`: the relative error of a residual, in units of `q_i`."""
        return _growth((self._u_m, 2), (self.accumulate.unit_roundoff, d), (self.storage.unit_roundoff, 3))

    def sigma(self, rows: int) -> float:
        """`σ = (1+u_m)² (1+u_a)^N (1+u_s)⁶ - 1`: the relative error that scaling and summing add."""
        depth = rows if self.height is None else min(rows, self.height)
        return _growth(
            (self._u_m, 2),
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
    def largest(self) -> float:
        """The largest number that every intermediate result can hold."""
        return min(self.storage.largest, self.accumulate.largest)

    @property
    def _u_m(self) -> float:
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
    rss, total
        `(K,)`: `Σ r_i²` and `T = Σ q_i² = |v|ᵀA|v| + 2aᵀ|v| + s`, over all rows and targets.
    peak
        `(K,)`: a bound on every intermediate result of an exact evaluation.
    """

    P: FloatArray
    Q: FloatArray
    S: FloatArray
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
        # Each |r_i| ≤ sqrt(RSS) and each q_i ≤ sqrt(T); products and partial sums of the gradient stay below P
        # even unscaled, those of the loss below RSS. The factor 2 is the scale in front of the mean.
        peak = 2 * np.maximum.reduce([np.sqrt(total), squares.sum(axis=1), P.max(axis=(1, 2))])
        sizes = (P * above, Q * above, A[p - 1], squares.sum(axis=1), total * above, peak * above)
    # Sums that have outgrown float64 times zero parameters: nothing is known of such a term.
    return Scales(*(np.where(np.isnan(size), np.inf, size) for size in sizes))


def gradient_bound(claim: Arithmetic, problem: LeastSquares, sizes: Scales) -> FloatArray:
    """`B_j ≥ |ĝ_j - g_j|` for a gradient whose residual is formed, scaled, then dotted, `(K, p, m)`.

    `B_j = (2/(N m)) [σ P_j + (1+σ) ρ Q_j] + (1+σ) ω [(2/(N m))(d+3) S_j + 3 S_j + 2 P_j + N + 2]`:
    the first term is the summing, the second the residual's own error carried through, the third underflow.
    Infinite where N u has outgrown the model. Through XᵀX, terms are summed over the rows before they meet the
    parameters: ρ is then that of d + N terms, and `Q_j`, which bounds `Σ_k |XᵀX|_jk |v_k| + |Xᵀy|_j` too, carries it.
    """
    N, m, d = problem.rows, problem.m, problem.d
    rho = claim.rho(d + N if claim.through_gram else d)
    mean, sigma, omega = 2 / (N * m), claim.sigma(N), claim.omega
    if not math.isfinite(sigma):
        return np.full_like(sizes.P, math.inf)
    S = sizes.S[:, None]
    with np.errstate(over="ignore"):
        rounding = mean * (sigma * sizes.P + (1 + sigma) * rho * sizes.Q)
        underflow = (1 + sigma) * omega * (mean * (d + 3) * S + 3 * S + 2 * sizes.P + N + 2)
        return np.asarray((rounding + underflow) * upward())


def loss_bound(claim: Arithmetic, problem: LeastSquares, sizes: Scales) -> FloatArray:
    """`≥ |L̂ - L|` for a mean of squared residuals, `(K,)`.

    `(1/(N m)) [τ RSS + (1+τ)(2 sqrt(RSS) E + E²)] + (1+τ) ω (N m + 2)`, where
    `E = ρ sqrt(T) + (1+ρ)(d+3) ω sqrt(N m)` bounds the 2-norm of the residuals' errors. Through XᵀX the loss is
    `(1/(N m)) (vᵀGv - 2cᵀv + s)`, whose terms add up to T and are each summed over rows, unknowns and targets.
    """
    count, omega, u_s = problem.rows * problem.m, claim.omega, claim.storage.unit_roundoff
    rho, tau = claim.rho(problem.d), claim.tau(count)
    if claim.through_gram:
        depth = problem.rows + problem.unknowns * (problem.m + 1)
        tau = _growth((claim.accumulate.unit_roundoff, depth), (u_s, 4))
    if not math.isfinite(tau):
        return np.full_like(sizes.rss, math.inf)
    with np.errstate(over="ignore"):
        if claim.through_gram:
            squares = tau * sizes.total
        else:
            E = rho * np.sqrt(sizes.total) + (1 + rho) * (problem.d + 3) * omega * math.sqrt(count)
            squares = tau * sizes.rss + (1 + tau) * (2 * np.sqrt(sizes.rss) * E + E * E)
        return np.asarray((squares / count + (1 + tau) * omega * (count + 2)) * upward(problem.m))


def update_bound(claim: Arithmetic, lr: float, gradient: FloatArray, after: FloatArray) -> FloatArray:
    """`≥ |V⁺ - (V - lr ĝ)|` for one update by the implementation's own gradient ĝ, elementwise.

    `u|V⁺| + ((1+u)² - 1)|lr ĝ| + ω`: the rounding of lr, of the product, and of the difference, u that of storage.
    A learning rate below the smallest normal number is itself only absolutely accurate, which adds `ω|ĝ|`.
    """
    u, omega = claim.updates.unit_roundoff, claim.omega
    slope = lr * (2 * u + u * u) + (omega if 0 < lr < claim.updates.smallest_normal else 0.0)
    with np.errstate(over="ignore"):
        return np.asarray((u * np.abs(after) + slope * np.abs(gradient) + omega) * upward())


def run_bound(
    claim: Arithmetic,
    problem: LeastSquares,
    lr: float,
    gradient: FloatArray,
    bound: FloatArray,
    V: FloatArray,
) -> FloatArray:
    """`≥ ‖V̂_K - V_K‖₂`, how far the run may end from the exact run, for each target, `(m,)`.

    `e_{k+1} ≤ max|1 - lr λ_i(H)| e_k + ‖d_k‖` with `d = u|V⁺| + lr[(1+u)² B + ((1+u)² - 1)|g|] + ω`: what one step
    adds, and how a step carries on what was there (Higham, ch. 17, for the technique).

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
        error = np.zeros(V.shape[2])
        for step in added:
            error = (contraction * error + step) * (1 + 4 * FLOAT64.unit_roundoff)
    return np.where(np.isnan(error), np.inf, error)
