"""How far the float closed forms may be from the exact minimiser: derived, none of it measured.

Each bound is of `‖V̂ - V‖₂` for one target, V exact, in the absence of overflow and underflow, and is infinite where
the theory has nothing to say (its η has reached 1). Everything in it that depends on the data is exact before its
last rounding: `‖X‖_F² = tr G`, `‖X⁺‖_F² = tr G⁻¹`, `κ = ‖X‖_F ‖X⁺‖_F`, `‖V‖`, `‖Y‖` and `‖r‖² = RSS`.

Notation: N rows, p unknowns, u the unit roundoff of float64, `γ_k = k u / (1 - k u)`. Theorems are those of
Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed.

**Perturbation** (Wedin; theorem 20.1). If V̂ minimises `‖(Y + ΔY) - (X + ΔX) V‖` with `‖ΔX‖_F ≤ ε ‖X‖_F` and
`‖ΔY‖ ≤ ε ‖Y‖`, and `η = ε κ < 1`, then `‖V̂ - V‖ ≤ 2η/(1-η) (‖V‖ + ‖X⁺‖ ‖r‖)`. The theorem's factor is
`2 ‖V‖ + (κ₂ + 1) ‖r‖ / ‖X‖₂`, and `1 / ‖X‖₂ ≤ ‖X⁺‖₂` makes this of it.

**One Householder reflection** (§19.3, which leaves the constant as "a small integer"; here it is counted, unblocked as
LAPACK does it for up to 32 columns). On vectors of length n, a norm summed with scaling has at most 5 roundings a term
and, after the root, 3n + 8 with the leading entry's; so `β` has 3n + 8, `α - β` one more (the signs agree, nothing
cancels), an entry of `v = x / (α - β)` at most a = 3n + 11, and `τ = (β - α) / β` at most b = 6n + 18. The product
`τ v (vᵀ c)` then has 2a + b + n + 5 = 13n + 45 roundings on `τ |v| |v|ᵀ |c|`, a vector no longer than 2 ‖c‖, and the
difference adds 3. So the result is within `γ_h ‖c‖` of an exact reflection's, `h = 26n + 93`, and p reflections'
within `γ_{p h}`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import fmpq

from reference.dyadic import FloatArray
from reference.formats import FLOAT64
from reference.least_squares import LeastSquares
from reference.upward import upward

# LAPACK's release tests hold every build to ‖A - UΣWᵀ‖₁ ≤ 35 max(N, p) ulp ‖A‖₁, ‖I - UᵀU‖₁ ≤ 35 N ulp and
# ‖I - WᵀW‖₁ ≤ 35 p ulp, ulp = 2u (TESTING/svd.in for the 35, TESTING/EIG/ddrvbd.f for the ratios). Its
# Users' Guide (§4.9) states the theorem with "a modestly growing function p(m, n)" in their place. Those ratios are
# of the full factors; the thin ones, compared with them there, are taken to obey the same.
LAPACK_RATIO = 35
ULP = 2 * FLOAT64.unit_roundoff


@dataclass(frozen=True)
class Size:
    """What the bounds need to know of a problem, each from above.

    Parameters
    ----------
    X, inverse
        `‖X‖_F` and `‖X⁺‖_F`; their product κ is at least the condition number.
    V, Y, r
        `(m,)`: the 2-norms of the minimiser, the targets and the residuals.
    """

    X: float
    inverse: float
    V: FloatArray
    Y: FloatArray
    r: FloatArray

    @classmethod
    def of(cls, problem: LeastSquares) -> Size:
        """The sizes of a problem whose minimiser is unique.

        Raises
        ------
        SingularError
            (a `ValueError`) if it is not unique.
        """
        w, b = problem.solution()
        V = w if b is None else np.vstack([w, b[None, :]])
        G, inverse = problem.G, problem.G.inv()
        p = problem.unknowns
        return cls(
            X=_root_above(sum((_fraction(G[j, j]) for j in range(p)), Fraction(0))),
            inverse=_root_above(sum((_fraction(inverse[j, j]) for j in range(p)), Fraction(0))),
            V=_roots_above((V * V).sum(axis=0)),
            Y=_roots_above(problem.s),
            r=_roots_above(problem.residual_sum_of_squares()),
        )


def normal_equations_bound(problem: LeastSquares) -> FloatArray:
    """`≥ ‖V̂ - V‖₂` for the normal equations, `(m,)`: `(κ² ε ‖V‖ + γ_N κ ‖X⁺‖ ‖Y‖) / (1 - κ² ε)`.

    Forming G and C rounds them by at most `γ_N |X|ᵀ|X|` and `γ_N |X|ᵀ|Y|` (§3.5). Elimination with partial pivoting
    solves `(G + ΔG) V̂ = C` with `‖ΔG‖_∞ ≤ p² 2^{p-1} γ_{3p+3} ‖G‖_∞` (theorem 9.5 with Wilkinson's bound of the growth,
    §9.4; the + 3 for LAPACK's multiplications by reciprocals). In the 2-norm each of the two `‖·‖_∞` costs √p. So
    `ε = γ_N + p³ 2^{p-1} γ_{3p+3} (1 + γ_N)`, and theorem 7.2 does the rest.

    Raises
    ------
    SingularError
        (a `ValueError`) if the minimiser is not unique.
    """
    N, p, size = problem.rows, problem.unknowns, Size.of(problem)
    kappa = size.X * size.inverse
    eta = kappa**2 * (_gamma(N) + p**3 * 2.0 ** (p - 1) * _gamma(3 * p + 3) * (1 + _gamma(N)))
    if not eta < 1:
        return np.full(problem.m, math.inf)
    return (eta * size.V + _gamma(N) * kappa * size.inverse * size.Y) / (1 - eta) * upward()


def qr_bound(problem: LeastSquares) -> FloatArray:
    """`≥ ‖V̂ - V‖₂` for Householder QR, `(m,)`: Wedin's theorem at the ε of theorem 20.3, with its constant.

    With `γ̃ = γ_{p(26N+93)}` for p reflections: `X + ΔX = Q R̂` with Q orthonormal and columns of ΔX within γ̃ of those of
    X (theorem 19.4), and the computed Q within √p γ̃. `Q̂ᵀY` is then off by `√p (γ̃ + γ_N (1+γ̃)) ‖Y‖`, which is a change
    of Y inside the range of Q; and solving with R̂ is exact for one within `γ_{p+1} |R̂|`, a change of X (theorem 8.5).
    So `ε = max(γ̃ + γ_{p+1} (1+γ̃), √p (γ̃ + γ_N (1+γ̃)))`.

    Raises
    ------
    SingularError
        (a `ValueError`) if the minimiser is not unique.
    """
    N, p = problem.rows, problem.unknowns
    reflections = _gamma(p * (26 * N + 93))
    of_x = reflections + _gamma(p + 1) * (1 + reflections)
    of_y = math.sqrt(p) * (reflections + _gamma(N) * (1 + reflections))
    return _wedin(Size.of(problem), max(of_x, of_y)) * upward()


def svd_bound(problem: LeastSquares) -> FloatArray:
    """`≥ ‖V̂ - V‖₂` for the singular value decomposition, `(m,)`: Wedin's theorem at the backward error of LAPACK's SVD.

    Let E be its error `X - ÛΣ̂Ŵᵀ` and f, g how far `ÛᵀÛ` and `ŴᵀŴ` are from I, all three in the 2-norm; then Û is within
    f of orthonormal columns, Ŵ within g of an orthogonal matrix. Replacing them changes X by `‖E‖ + (f + g + f g) ‖Σ̂‖`,
    dividing by Σ̂ by `u ‖Σ̂‖` more; `ÛᵀY` changes Y by `(f + √p γ_N (1+f)) ‖Y‖`; the product with Ŵ changes the result
    by `(g + √p γ_p (1+g))` of itself. From LAPACK's 1-norms: `‖E‖_F ≤ √p ‖E‖₁` and `‖X‖₁ ≤ √N ‖X‖_F`.

    Raises
    ------
    SingularError
        (a `ValueError`) if the minimiser is not unique.
    """
    N, p, u = problem.rows, problem.unknowns, FLOAT64.unit_roundoff
    size = Size.of(problem)
    E = LAPACK_RATIO * max(N, p) * ULP * math.sqrt(p * N)
    f, g = LAPACK_RATIO * N * ULP, LAPACK_RATIO * p * ULP
    # Σ̂ = ÛᵀX̂Ŵ but for f and g, and so is at most this much longer than X.
    sigma = (1 + E) / ((1 - f) * (1 - g))
    of_x = E + (f + g + f * g + u) * sigma
    of_y = f + math.sqrt(p) * _gamma(N) * (1 + f)
    wedin = _wedin(size, max(of_x, of_y))
    last = g + math.sqrt(p) * _gamma(p) * (1 + g)
    return (wedin + last * (size.V + wedin)) * upward()


BOUNDS: dict[str, Callable[[LeastSquares], FloatArray]] = {
    "normal_equations": normal_equations_bound,
    "qr": qr_bound,
    "svd": svd_bound,
}


def _wedin(size: Size, epsilon: float) -> FloatArray:
    eta = epsilon * size.X * size.inverse
    if not eta < 1:
        return np.full_like(size.V, math.inf)
    return 2 * eta / (1 - eta) * (size.V + size.inverse * size.r)


def _gamma(k: int) -> float:
    """`γ_k = k u / (1 - k u)`: k roundings to float64."""
    return k * FLOAT64.unit_roundoff / (1 - k * FLOAT64.unit_roundoff)


def _roots_above(squares: Iterable[Fraction]) -> FloatArray:
    return np.array([_root_above(square) for square in squares], dtype=np.float64)


def _root_above(square: Fraction) -> float:
    """A float that is at least the square root."""
    return math.sqrt(float(square) * upward()) * upward()


def _fraction(value: fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))
