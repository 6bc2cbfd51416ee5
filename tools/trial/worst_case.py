"""The bounds against the `Adversary`: how close the worst evaluation of the model comes to them."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

import numpy as np
from flint import fmpq

from reference import rounding
from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray
from reference.problem import Problem
from reference.truth import Truth
from tools.trial import edges
from tools.trial.adversary import Adversary
from tools.trial.corpus import Tallies, Tally, claims

SHAPES = ((1, 1, 1), (5, 2, 2), (16, 1, 1))


def worst_cases(dtypes: Iterable[str], shapes: Sequence[tuple[int, int, int]], iterates: int) -> Tallies:
    """Every family of problems in every shape, under every claim, flushing and not, pushed up and down."""
    tallies: Tallies = {}
    for dtype in dtypes:
        for seed, (family, (N, d, m)) in enumerate(itertools.product(edges.FAMILIES, shapes)):
            problem, V = edges.problem(family, dtype, N, d, m, iterates, seed)
            for claim, flushes in itertools.product(claims(dtype), (False, True)):
                honest = dataclasses.replace(claim, flushes=flushes)
                for quantity, error, bound in _errors(problem, V, honest):
                    where = f"{family} {N}×{d}×{m}, sums in {claim.accumulate.name}{', flushing' * flushes}"
                    tallies.setdefault((dtype, quantity), Tally()).add(np.array([error]), np.array([bound]), where)
    return tallies


def _errors(problem: Problem, V: FloatArray, claim: Arithmetic) -> Iterator[tuple[str, float, float]]:
    truth, adversary = Truth(problem, claim, V), Adversary(claim)
    x, y = problem.x.astype(np.float64), problem.y.astype(np.float64)
    # Not the truth's own bound, which asks for every bit where a machine that rounds to nearest returns it.
    allowed = rounding.gradient_bound(claim, problem.least_squares, truth.sizes)
    for k in range(len(V)):
        if truth.may_overflow(k):
            continue
        for sign in (1, -1):
            for j, t in np.ndindex(V.shape[1:]):
                got, true = adversary.gradient(x, y, V[k], j, t, sign)
                yield "gradient", *_ratio(got - true, float(allowed[k, j, t]))
                g = float(truth.gradient[k, j, t])
                for lr in (problem.lr, claim.storage.smallest_normal / 3):
                    got, true = adversary.update(V[k, j, t], g, lr, sign)
                    after = np.array([_up(abs(got))])
                    bound = rounding.update_bound(claim, lr, np.array([g]), after)
                    yield "update", *_ratio(got - true, float(bound[0]))
            got, true = adversary.loss(x, y, V[k], sign)
            yield "loss", *_ratio(got - true, float(truth.loss_bound[k]))


def _ratio(error: fmpq, bound: float) -> tuple[float, float]:
    """Error and bound as floats that compare as the exact ones do."""
    size = Fraction(int(abs(error).p), int(error.q))
    if not bound < float("inf"):
        return 0.0, bound
    # Divided exactly: the errors of float64 can lie below the smallest float.
    ratio = size / Fraction(bound) if bound else Fraction(int(size > 0) * 2)
    return (float(ratio) if ratio <= 1 else max(float(ratio), 1 + 2**-52)), 1.0


def _up(value: fmpq) -> float:
    return float(np.nextafter(int(value.p) / int(value.q), np.inf))
