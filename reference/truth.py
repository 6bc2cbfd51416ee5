"""The exact numbers at the iterates of one run, and the bounds around them."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from reference import rounding
from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray
from reference.evaluate import Evaluation
from reference.lattice import lattice_bound
from reference.problem import Problem
from reference.scales import Scales, scales


class Truth:
    """What a correct implementation would have reported at `V`, and how far off it may be.

    Parameters
    ----------
    problem
        cast to the dtype of the run.
    arithmetic
        what the implementation claims to compute in.
    V
        `(K, p, m)`: finite iterates `[w; b]`.
    """

    def __init__(self, problem: Problem, arithmetic: Arithmetic, V: FloatArray) -> None:
        self.problem, self.arithmetic, self.V = problem, arithmetic, V
        self.evaluation = Evaluation(problem.least_squares, V, int(problem.y.size / problem.scale))

    @cached_property
    def gradient(self) -> FloatArray:
        """`(K, p, m)`: the exact gradients, rounded to float64."""
        return self.evaluation.gradient()

    @cached_property
    def gradient_bound(self) -> FloatArray:
        """`(K, p, m)`: how far a correct gradient may be off; by its last rounding alone where a lattice is claimed."""
        return np.minimum(self.rounding_bound, self.lattice_bound) if self.arithmetic.dyadic else self.rounding_bound

    @cached_property
    def rounding_bound(self) -> FloatArray:
        """`(K, p, m)`: how far any correct evaluation of the gradient may be off, that of data on a lattice too."""
        scale = float(self.problem.scale)
        return scale * rounding.gradient_bound(self.arithmetic, self.problem.least_squares, self.sizes)

    @cached_property
    def lattice_bound(self) -> FloatArray:
        """`(K, p, m)`: how far an evaluation by powers of two may be off: infinitely, off the lattice."""
        if self.problem.scale != 1:
            return np.full_like(self.V, np.inf)
        squares = self.problem.least_squares
        return lattice_bound(self.arithmetic, squares, self.problem.largest, self.V, self.sizes, self.gradient)

    @cached_property
    def loss(self) -> FloatArray:
        """`(K,)`: the exact losses, rounded to float64."""
        return self.evaluation.loss()

    @cached_property
    def loss_bound(self) -> FloatArray:
        """`(K,)`: how far a correct loss may be off."""
        return float(self.problem.scale) * rounding.loss_bound(self.arithmetic, self.problem.least_squares, self.sizes)

    @cached_property
    def sizes(self) -> Scales:
        """The sizes that the bounds are made of."""
        squares = self.evaluation.residual_squares()
        return scales(self.problem.least_squares, self.V, squares, self.problem.largest)

    def up_to(self, steps: int) -> Truth:
        """The truth at the first iterates alone, for a run that left the range of its format in the middle."""
        return self if steps == len(self.V) else Truth(self.problem, self.arithmetic, self.V[:steps])

    def may_overflow(self, step: int) -> bool:
        """Whether a correct evaluation at this step may leave the range of its formats."""
        return not self.sizes.within(self.arithmetic)[step]

    @property
    def peak(self) -> FloatArray:
        """`(K,)`: a bound on every result that an evaluation such as is claimed stores."""
        if self.arithmetic.wide_sums:
            return self.sizes.stored
        return self.sizes.peak_through_gram if self.arithmetic.through_gram else self.sizes.peak
