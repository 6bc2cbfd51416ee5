"""The Hessian's products with directions, exactly, and how far correct ones may be from them.

The loss is quadratic, so its Hessian is the same at every `[w; b]`: `(2/(N m)) XᵀX` for each target, and targets do
not mix. Its product with a direction V is `(2/(N m)) XᵀX V`, which is the gradient at V of the same problem with all
targets zero. The evaluation is that gradient's too: differentiated along V, the residual `X [w; b] - y` becomes `X V`,
which is then scaled and dotted. So the gradient's bound holds, with `r = X V` and `q = |X| |V|`. A column of the
Hessian is its product with a unit direction.

Reverse mode over reverse mode forms the same products with the roles of row and column exchanged: an entry of the
Hessian lies within the larger of the bounds of `H_jk` and `H_kj`. Source: Pearlmutter, *Fast exact multiplication by
the Hessian*, Neural Computation 6, 1994; the sources of the bound stand in `rounding`.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from reference import rounding
from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray
from reference.evaluate import Evaluation
from reference.least_squares import LeastSquares
from reference.problem import Problem
from reference.scales import Scales, scales


class Curvature:
    """The Hessian of a problem's loss, times K directions.

    Parameters
    ----------
    problem
        cast to the dtype of the evaluation.
    directions
        `(K, p, m)` finite float64: `[v; c]`.
    """

    def __init__(self, problem: Problem, directions: FloatArray) -> None:
        self.squares = LeastSquares(problem.x, np.zeros_like(problem.y))
        self.directions = directions
        self.evaluation = Evaluation(self.squares, directions)

    @cached_property
    def product(self) -> FloatArray:
        """`(2/(N m)) XᵀX V`, `(K, p, m)`, rounded to float64."""
        return self.evaluation.gradient()

    def error(self, reported: FloatArray) -> FloatArray:
        """Reported products minus the exact ones, `(K, p, m)`, exact but for two last roundings."""
        return self.evaluation.gradient_error(reported)

    def bound(self, arithmetic: Arithmetic) -> FloatArray:
        """`≥ |error|` of a correct product, `(K, p, m)`: the gradient's bound at V, where all targets are zero."""
        return rounding.gradient_bound(arithmetic, self.squares, self._sizes)

    @property
    def peak(self) -> float:
        """A bound on every intermediate result of an exact evaluation."""
        return float(self._sizes.peak.max())

    @cached_property
    def _sizes(self) -> Scales:
        return scales(self.squares, self.directions, self.evaluation.residual_squares())


def unit_directions(p: int, m: int) -> FloatArray:
    """The directions of all p·m parameters, `(p m, p, m)`; `[w; b]` row by row."""
    return np.eye(p * m).reshape(p * m, p, m)


def symmetric(bound: FloatArray) -> FloatArray:
    """For bounds of the whole Hessian, `(p m, p, m)`: the larger one of each entry and the one across the diagonal."""
    square = bound.reshape(len(bound), len(bound))
    return np.asarray(np.maximum(square, square.T)).reshape(bound.shape)
