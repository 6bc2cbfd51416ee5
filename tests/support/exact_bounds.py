"""The bounds of `reference.rounding` once more, in fractions and from sums over rows; and cases to try them on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from reference.arithmetic import Arithmetic
from reference.evaluate import Evaluation
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, TF32, Format
from reference.least_squares import LeastSquares
from reference.scales import Scales, scales
from tests.support.fraction_truth import FractionTruth, fractions

Fraction2D = list[list[Fraction]]

COARSE = Format("coarse", precision=4, emin=-3, emax=60)
CLAIMS = {
    "float64": Arithmetic(FLOAT64, FLOAT64),
    "float32": Arithmetic(FLOAT32, FLOAT32),
    "tf32": Arithmetic(FLOAT32, FLOAT32, multiply=TF32),
    "bfloat16": Arithmetic(BFLOAT16, FLOAT32),
    "bfloat16_throughout": Arithmetic(BFLOAT16, BFLOAT16),
    "float16": Arithmetic(FLOAT16, FLOAT32),
    "flushing": Arithmetic(FLOAT32, FLOAT32, flushes=True),
    "tree": Arithmetic(BFLOAT16, BFLOAT16, height=2),
    "flushing_tf32": Arithmetic(FLOAT32, FLOAT32, multiply=TF32, flushes=True),
    "through_gram": Arithmetic(FLOAT32, FLOAT32, flushes=True, through_gram=True),
    "micro_batches": Arithmetic(FLOAT32, FLOAT32, extra_roundings=3),
    # No such format: its smallest normal number is 1/8, so that the terms of underflow show beside the others.
    "coarse": Arithmetic(COARSE, COARSE),
}


@dataclass(frozen=True)
class Case:
    """A problem and one iterate of it."""

    x: list[list[float]]
    y: list[list[float]]
    V: list[list[float]]

    @property
    def exact(self) -> LeastSquares:
        return LeastSquares(np.array(self.x), np.array(self.y))

    @property
    def truth(self) -> FractionTruth:
        return FractionTruth(fractions(self.x), fractions(self.y))

    @property
    def sizes(self) -> Scales:
        V = np.array([self.V])
        return scales(self.exact, V, Evaluation(self.exact, V).residual_squares())


def drawn(rows: int, d: int, m: int, seed: int, scale: float = 1.0) -> Case:
    rng = np.random.default_rng(seed)
    x, y, V = (scale * rng.standard_normal(shape) for shape in ((rows, d), (rows, m), (d + 1, m)))
    return Case(x.tolist(), y.tolist(), (V / scale).tolist())


CASES = {
    "line": drawn(5, 1, 1, seed=0),
    "three_features_two_targets": drawn(7, 3, 2, seed=1),
    "one_row": drawn(1, 1, 1, seed=2),
    "no_residual": Case([[1.0], [2.0]], [[3.0], [5.0]], [[2.0], [1.0]]),
    "at_zero": Case([[1.0], [2.0]], [[3.0], [5.0]], [[0.0], [0.0]]),
    "huge": drawn(4, 2, 1, seed=3, scale=1e100),
    "tiny": drawn(4, 2, 1, seed=4, scale=1e-140),
}


def root(square: Fraction) -> Fraction:
    """The square root, cut after 300 bits: by far closer than any float."""
    digits = max(0, 300 - (square.numerator.bit_length() - square.denominator.bit_length()) // 2)
    return Fraction(math.isqrt((square.numerator << (2 * digits)) // square.denominator), 1 << digits)


def power(form: Format, times: int) -> Fraction:
    return (1 + Fraction(form.unit_roundoff)) ** times


def u_m(claim: Arithmetic) -> Fraction:
    narrower = claim.multiply is not None and claim.multiply.precision < claim.storage.precision
    return Fraction(claim.multiply.unit_roundoff) if narrower and claim.multiply else Fraction(0)


def iota(claim: Arithmetic) -> Fraction:
    narrowed = u_m(claim) * Fraction(claim.multiply.smallest_normal) if claim.multiply else Fraction(0)
    return narrowed + Fraction(claim.omega) * claim.flushes


def rho(claim: Arithmetic, d: int, rows: int = 0) -> Fraction:
    products = d > 1 and claim.storage != claim.accumulate
    narrowed, stored = 4 if claim.through_gram else 2, 3 + products + claim.extra_roundings
    return (1 + u_m(claim)) ** narrowed * power(claim.accumulate, d + rows) * power(claim.storage, stored) - 1


def sigma(claim: Arithmetic, rows: int) -> Fraction:
    depth = rows if claim.height is None else min(rows, claim.height)
    return (1 + u_m(claim)) ** 2 * power(claim.accumulate, depth) * power(claim.storage, 6 + claim.extra_roundings) - 1


def tau(claim: Arithmetic, terms: int) -> Fraction:
    depth = terms if claim.height is None else min(terms, claim.height)
    return (1 + u_m(claim)) ** 2 * power(claim.accumulate, depth) * power(claim.storage, 4 + claim.extra_roundings) - 1


@dataclass(frozen=True)
class Sizes:
    """P, Q, S, Z, RSS and T by their definitions: sums over rows, not products of Gram matrices."""

    P: list[list[Fraction]]
    Q: list[list[Fraction]]
    S: list[Fraction]
    Z: list[list[Fraction]]
    Z_norm: Fraction
    v_norm: list[Fraction]
    rss: Fraction
    total: Fraction

    @classmethod
    def of(cls, case: Case) -> Sizes:
        truth, V = case.truth, fractions(case.V)
        X = truth.X
        targets, unknowns = range(len(truth.y[0])), range(len(X[0]))
        q = [
            [sum((abs(a * v[t]) for a, v in zip(row, V, strict=True)), abs(y[t])) for t in targets]
            for row, y in zip(X, truth.y, strict=True)
        ]
        features = unknowns[:-1]

        def operands(row: list[Fraction], t: int) -> Fraction:
            return sum((abs(row[k]) + abs(V[k][t]) for k in features), Fraction(0))

        rss = truth.residual_squares(V)
        squares = [sum((row[j] ** 2 for row in X), Fraction(0)) for j in unknowns]
        return cls(
            P=[[root(squares[j] * rss[t]) for t in targets] for j in unknowns],
            Q=[
                [sum((abs(row[j]) * q[i][t] for i, row in enumerate(X)), Fraction(0)) for t in targets]
                for j in unknowns
            ],
            S=[sum((abs(row[j]) for row in X), Fraction(0)) for j in unknowns],
            Z=[[sum((abs(row[j]) * operands(row, t) for row in X), Fraction(0)) for t in targets] for j in unknowns],
            # The norm of a sum of columns is at most the sum of their norms.
            Z_norm=root(Fraction(len(targets))) * sum((root(squares[k]) for k in features), Fraction(0))
            + root(Fraction(len(X))) * sum((abs(V[k][t]) for k in features for t in targets), Fraction(0)),
            v_norm=[1 + sum((abs(v[t]) for v in V), Fraction(0)) for t in targets],
            rss=sum(rss, Fraction(0)),
            total=sum((v * v for row in q for v in row), Fraction(0)),
        )


def exact_gradient_bound(claim: Arithmetic, case: Case) -> Fraction2D:
    N, d, m, size, w = len(case.x), len(case.x[0]), len(case.y[0]), Sizes.of(case), Fraction(claim.omega)
    r, s = rho(claim, d, N * claim.through_gram), sigma(claim, N)
    mean, i = Fraction(2, N * m), iota(claim)

    def carried(j: int, t: int) -> Fraction:
        lost = (2 * d + 4) * w * size.S[j] + 2 * i * size.Z[j][t]
        if claim.through_gram:
            lost += (2 * N * w + 2 * i * (size.S[j] + max(size.S))) * size.v_norm[t]
        return r * size.Q[j][t] + (1 + r) * lost

    def bound(j: int, t: int) -> Fraction:
        P, S = size.P[j][t], size.S[j]
        scaled = P + carried(j, t) + size.P[d][t] + carried(d, t)
        underflow = w * (3 * S + 2 * scaled + 2 * N + 4)
        underflow += 2 * i * (S + mean * (size.P[d][t] + carried(d, t)))
        return mean * (s * P + (1 + s) * carried(j, t)) + (1 + s) * underflow

    return [[bound(j, t) for t in range(m)] for j in range(d + 1)]


def exact_loss_bound(claim: Arithmetic, case: Case) -> Fraction:
    N, d, m, size, w = len(case.x), len(case.x[0]), len(case.y[0]), Sizes.of(case), Fraction(claim.omega)
    count, r, i = N * m, rho(claim, d), iota(claim)
    if claim.through_gram:
        depth = N + (d + 1) * (m + 1)
        t = (1 + u_m(claim)) ** 4 * power(claim.accumulate, depth) * power(claim.storage, 9) - 1
        sums = 4 * N * w + 8 * i * max(size.S) + (2 * d + 4) * w
        lost = sums * sum((v * v for v in size.v_norm), Fraction(0)) + 2 * i * root(count * size.total)
        squares, squared = t * size.total + (1 + t) * lost, size.total
    else:
        t = tau(claim, count)
        E = r * root(size.total) + (1 + r) * ((2 * d + 4) * w * root(Fraction(count)) + 2 * i * size.Z_norm)
        squares = t * size.rss + (1 + t) * (2 * root(size.rss) * E + E * E)
        squared = (root(size.rss) + E) ** 2
    return squares / count + (1 + t) * w * (2 * count + 4 + squared)
