"""How far a correct evaluation may be from the exact one.

Standard model of floating-point arithmetic (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed.,
§2.2): `fl(a ∘ b) = (a ∘ b)(1 + δ) + η`, `|δ| ≤ u`, and `|η| ≤ ω` where the result is subnormal or flushed, else
`η = 0`; a subnormal operand that is flushed, or narrowed to the format of a multiplier, is off by at most ι. A sum of
N terms rounds each term at most N - 1 times in any order or tree, fused or not, and each rounding is a factor `1 + δ`
(§3.1): so `(1 + u)^N - 1`, which needs no `N u < 1`, and holds for directed and stochastic rounding as well, with their
u. (For rounding to nearest alone there is the smaller `N u` of Jeannerod & Rump, SIAM J. Matrix Anal. Appl. 34, 2013;
it is not used.) Formats may differ between storage, accumulation and the inputs of multipliers (Blanchard, Higham,
Lopez, Mary & Pranesh, SIAM J. Sci. Comput. 42, 2020). Every bound here is valid only without overflow: `Scales.within`
says where that is certain.

The forms of evaluation that a bound holds for are those of its docstring, in any order of summation; other algebra is
claimed (`Arithmetic`), and `docs/attack.md` lists what was tried against which arithmetic.

Notation: N rows, d features, m targets; `u_s`, `u_a`, `u_m` the unit roundoffs of storage, accumulation and
multiplier inputs; `q_i = |x_i| |w| + |b| + |y_i|`, the size of the terms of residual `r_i`.
"""

from __future__ import annotations

import math

import numpy as np

from reference.arithmetic import Arithmetic, growth
from reference.dyadic import FloatArray
from reference.formats import FLOAT64
from reference.inflation import SMALLEST, inflation, nan_to_inf
from reference.least_squares import LeastSquares
from reference.scales import Scales


def gradient_bound(arithmetic: Arithmetic, problem: LeastSquares, sizes: Scales) -> FloatArray:
    """`B_j ≥ |ĝ_j - g_j|` for a gradient whose residual is formed, scaled, then dotted, `(K, p, m)`.

    `B_j = c [σ P_j + (1+σ)(ρ Q_j + (1+ρ) U_j)] + (1+σ) [ω (3 S_j + 2 R_j + 2 R_b + 2 N + 4) + 2 ι (S_j + c R_b)]`,
    `c = 2/(N m)`, `U_j = (2d + 4) ω S_j + 2 ι Z_j`, `R_j = P_j + ρ Q_j + (1+ρ) U_j ≥ Σ_i |X_ij r̂_i|`, `R_b` that of
    the intercept.

    The first bracket is the rounding of the sums, and the residual's own error carried through. Of that, U is the
    underflow: d products, d - 1 additions, a conversion and two additions may each be flushed, and so may b, y and
    every x and w. The second bracket is the underflow from there on: in the scaled residual (3 S), in c (2 R), in x
    where it is x that is scaled (2 R_b), in N products and N additions; then what flushing or narrowing the factors of
    those products does, ι for each scaled residual and each x. The 2 in front of ι is for two operands that are both
    subnormal. Additions underflow only where results are flushed, but then by as much as products. Infinite where N u
    has outgrown the model.

    Through XᵀX, terms are summed over the rows before they meet the parameters: ρ is then that of d + N terms, and
    `Q_j`, which bounds `Σ_k |XᵀX|_jk |v_k| + |Xᵀy|_j` too, carries it. What underflows in those sums is multiplied by
    the parameters, which adds `2 N ω + 2 ι (S_j + max S)` times `1 + Σ_k |v_k|` to U.
    """
    N, m, d = problem.rows, problem.m, problem.d
    rho = arithmetic.rho(d, N if arithmetic.through_gram else 0)
    c, sigma, omega, iota = 2 / (N * m), arithmetic.sigma(N), arithmetic.omega, arithmetic.iota
    if not math.isfinite(sigma):
        return np.full_like(sizes.P, math.inf)
    S = sizes.S[:, None]
    with np.errstate(over="ignore", invalid="ignore"):
        lost = (2 * d + 4) * omega * S + 2 * iota * sizes.Z
        if arithmetic.through_gram:
            lost = lost + (2 * N * omega + 2 * iota * (S + S.max())) * sizes.v_norm
        carried = rho * sizes.Q + (1 + rho) * lost
        terms = sizes.P + carried
        rounding = c * (sigma * sizes.P + (1 + sigma) * carried)
        underflow = omega * (3 * S + 2 * terms + 2 * terms[:, -1:] + 2 * N + 4) + 2 * iota * (S + c * terms[:, -1:])
        bound = rounding + (1 + sigma) * underflow
    return nan_to_inf(bound * inflation())


def loss_bound(arithmetic: Arithmetic, problem: LeastSquares, sizes: Scales) -> FloatArray:
    """`≥ |L̂ - L|` for a mean of squared residuals, `(K,)`.

    `(1/(N m)) [τ RSS + (1+τ)(2 sqrt(RSS) E + E²)] + (1+τ) ω [2 N m + 4 + (sqrt(RSS) + E)²]`, where
    `E = ρ sqrt(T) + (1+ρ)[(2d+4) ω sqrt(N m) + 2 ι Z_norm]` bounds the 2-norm of the residuals' errors, as U does for
    the gradient. The last square is there for a reciprocal `1/(N m)` that is itself subnormal.

    Through XᵀX the loss is `(1/(N m)) (vᵀGv - 2cᵀv + s)`, whose terms add up to T and are each summed over rows,
    unknowns and targets; or it is the mean of `ŷ² - 2 ŷ y + y²`, of which each term has up to nine roundings. What
    underflows in G and c is multiplied by the parameters, twice in G; what is flushed in s, by y, and `Σ|y| ≤ sqrt(N m
    T)`.
    """
    count, omega, u_s = problem.rows * problem.m, arithmetic.omega, arithmetic.storage.unit_roundoff
    rho, tau = arithmetic.rho(problem.d), arithmetic.tau(count)
    if arithmetic.through_gram:
        depth = problem.rows + problem.unknowns * (problem.m + 1)
        tau = growth((arithmetic.narrowing, 4), arithmetic.added(depth), (u_s, 9 + arithmetic.extra_roundings))
    if not math.isfinite(tau):
        return np.full_like(sizes.rss, math.inf)
    with np.errstate(over="ignore", invalid="ignore"):
        if arithmetic.through_gram:
            sums = 4 * problem.rows * omega + 8 * arithmetic.iota * sizes.S.max() + (2 * problem.d + 4) * omega
            lost = sums * (sizes.v_norm * sizes.v_norm).sum(axis=(1, 2)) + 2 * arithmetic.iota * np.sqrt(
                count * sizes.total
            )
            squares = tau * sizes.total + (1 + tau) * lost
            squared = sizes.total
        else:
            underflow = (2 * problem.d + 4) * omega * math.sqrt(count) + 2 * arithmetic.iota * sizes.Z_norm
            E = rho * np.sqrt(sizes.total) + (1 + rho) * underflow
            squares = tau * sizes.rss + (1 + tau) * (2 * np.sqrt(sizes.rss) * E + E * E)
            squared = (np.sqrt(sizes.rss) + E) ** 2
        bound = squares / count + (1 + tau) * omega * (2 * count + 4 + squared)
    return nan_to_inf(bound * inflation(problem.m))


def update_bound(
    arithmetic: Arithmetic, lr: float, gradient: FloatArray, after: FloatArray, count: float = 1
) -> FloatArray:
    """`≥ |V⁺ - (V - lr ĝ)|` for one update by the implementation's own gradient ĝ, elementwise.

    `u|V⁺| + ((1+u)² - 1)|lr ĝ| + ω + ι (2 + (1+u)² lr)`: the rounding of lr, of the product, and of the difference, u
    that of storage; where subnormals flush, V and V⁺ may lose λ each, and ĝ as well.
    A learning rate below the smallest normal number is itself only absolutely accurate, which adds `ω|ĝ|`.

    Where the claim is `fused_update`, what is subtracted need not be made of ĝ: see `fused_step`.

    Parameters
    ----------
    arithmetic
        that is claimed.
    lr, gradient, after
        the learning rate, ĝ and V⁺; arrays of one shape.
    count
        what the sum of squares is divided by, N m for their mean; it matters to `fused_step` alone.
    """
    u, omega = arithmetic.updates.unit_roundoff, arithmetic.omega
    # lr comes last but one: lr u alone may lie below the smallest float64. The products here may too, by which they
    # lose half of it each.
    unscaled = omega if 0 < lr < arithmetic.updates.smallest_normal else 0.0
    size = np.abs(gradient)
    with np.errstate(over="ignore", invalid="ignore"):
        slope = (2 * u + u * u) * (lr * size) + unscaled * size
        if arithmetic.fused_update:
            slope = np.maximum(slope, fused_step(arithmetic, lr, size, count))
        underflow = omega + arithmetic.iota * (2 + (1 + u) ** 2 * lr) + 2 * SMALLEST
        return nan_to_inf(np.asarray((u * np.abs(after) + slope + underflow) * inflation()))


def fused_step(arithmetic: Arithmetic, lr: float, size: FloatArray, count: float) -> FloatArray:
    """`≥ |ŝ - lr ĝ|` where both are made of one sum S: `ŝ = fl(k S)`, `ĝ = fl(c S)`, `k = lr c`, `c = 2/(N m)`.

    A step has up to four roundings (lr, k and two products) and ĝ three (c, the product, and storing it), of which none
    need be common: `ε = (1+u)⁴ / (1-u)³ - 1` relative to `lr ĝ`.
    Constants below the smallest normal number are accurate to ω alone: c then adds `ω/c` to its u, and k an error of
    `3 ω |S|`, `|S| ≤ (|ĝ| + ω) / (c (1 - u)³)`. Where c has no digits left, nothing is known of S.
    """
    u, omega, smallest, c = (
        arithmetic.updates.unit_roundoff,
        arithmetic.omega,
        arithmetic.updates.smallest_normal,
        2 / count,
    )
    lost = omega / c if c < 2 * smallest else 0.0
    kept = (1 - u) ** 3 - lost
    if not kept > 0:
        return np.full_like(size, math.inf)
    epsilon = growth((u, 4)) / kept + (1 - kept) / kept
    constant = 3 * omega / (c * kept) if lr * c < 4 * smallest else 0.0
    return np.asarray(epsilon * (lr * size) + (lr * (1 + epsilon) + constant + 1) * omega + constant * size)


def run_bound(
    arithmetic: Arithmetic,
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
        count = problem.rows * problem.m
        local = update_bound(arithmetic, lr, np.abs(gradient) + bound, V[1:], count) + lr * bound
        # hypot, because squares underflow where the bounds of float64 do not
        added = np.asarray(np.hypot.reduce(local, axis=1)) * inflation(problem.unknowns)
    growth = 1 + 4 * FLOAT64.unit_roundoff
    error = [0.0] * V.shape[2]
    for target, steps in enumerate(added.T.tolist()):  # a float at a time is faster than arrays of few targets
        for step in steps:
            error[target] = (contraction * error[target] + step) * growth
    return np.where(np.isnan(error), np.inf, error)
