"""A recorded run, as a mistake looks at it."""

from __future__ import annotations

import dataclasses
from functools import cached_property

import numpy as np

from gradagree.checking.finite import finite_steps
from gradagree.checking.judge import stack
from gradagree.checking.truth import Truth
from gradagree.diagnosis.mistakes.band import OWN, Band
from gradagree.runtime.trajectory import Trajectory
from reference import rounding
from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray
from reference.optimizers.sgd import descended_floats
from reference.problem import Problem


class View:
    """The numbers of a run up to the last step at which they are finite and a correct run is in range.

    Where no gradients were reported, each is read off the update, `(V_k - V_{k+1}) / lr`, with the error that this
    reading has.

    Parameters
    ----------
    trajectory, problem, claim
        as `compare` takes them.
    scale
        what the convention multiplies the gradient of the mean squared error by: 1, 1/2 or N m.
    """

    def __init__(self, trajectory: Trajectory, problem: Problem, claim: Arithmetic, scale: float = 1.0) -> None:
        self.trajectory, self.problem, self.claim, self.scale = trajectory, problem, claim, scale
        self.lr, self.u = problem.lr, claim.storage.unit_roundoff
        self.N, self.d, self.m = len(problem.x), problem.x.shape[1], problem.y.shape[1]
        V = stack(trajectory.w, trajectory.b)
        V = V[: finite_steps(V)]
        self.reported = trajectory.grad_w is not None and trajectory.grad_b is not None
        steps = min(len(V), problem.steps)
        gradients = None
        if trajectory.grad_w is not None and trajectory.grad_b is not None:
            gradients = stack(trajectory.grad_w, trajectory.grad_b)
            steps = min(steps, finite_steps(gradients))
        truth = Truth(problem, claim, V[:steps])
        if steps:
            beyond = ~truth.sizes.within(claim)
            steps = int(np.argmax(beyond)) if beyond.any() else steps
        self.truth = truth.up_to(steps)
        self.V = V[: steps + 1]
        self.steps = steps
        self.before, self.after = self.V[:steps], self.V[1:]
        self._gradients = None if gradients is None else gradients[:steps]

    @cached_property
    def true(self) -> Band:
        """The exact gradients at the run's own iterates, with the bounds of a correct evaluation.

        Any evaluation: not that of data on a lattice, which a wrong factor would leave.
        """
        return self._banded(
            self.truth, rounding.gradient_bound(self.claim, self.problem.least_squares, self.truth.sizes)
        )

    @cached_property
    def exact(self) -> Band:
        """The same with the bounds that `compare` holds a run to."""
        return self._banded(self.truth, self.truth.gradient_bound)

    def _banded(self, truth: Truth, bound: FloatArray) -> Band:
        return Band(truth.gradient, bound).widened(OWN * np.abs(truth.gradient)).times(self.scale)

    @cached_property
    def taken(self) -> Band:
        """What was subtracted at each step, over lr: `(V_k - V_{k+1}) / lr`, and how well the record tells."""
        return self.taken_by(self.lr)

    def taken_by(self, lr: float) -> Band:
        """The same for another learning rate."""
        moved = self.before[: len(self.after)] - self.after
        if lr == 0:
            return Band(np.zeros_like(moved), np.full_like(moved, np.inf))
        G = moved / lr
        bound = rounding.update_bound(self.claim, lr, G, self.after, self.problem.y.size) + OWN * np.abs(moved)
        return Band(G, bound * (1 + self.u) ** 4 / lr)

    @cached_property
    def history(self) -> Band:
        """The gradients as reported, exactly; as read off the updates where none were."""
        return self.taken if self._gradients is None else Band.exact(self._gradients)

    @cached_property
    def slope(self) -> Band:
        """What a correct update would use: the gradients reported; the true ones where none were."""
        return self.true if self._gradients is None else Band.exact(self._gradients)

    @cached_property
    def followed(self) -> Band:
        """The iterates after correct updates by the gradients that were reported."""
        return self.update(self.slope)

    def update(self, slope: Band, lr: float | None = None, start: FloatArray | None = None) -> Band:
        """`V - lr slope`, as one multiplication and one subtraction leave it; `start` stands for V if given."""
        rate = self.lr if lr is None else lr
        V = self.before if start is None else start
        steps = min(len(slope), len(V), len(self.after))
        center, error = slope.center[:steps], slope.bound[:steps]
        with np.errstate(over="ignore", invalid="ignore"):
            after = descended_floats(V[:steps], center, rate)
            size, reached = np.abs(center) + error, np.abs(after) + rate * error
            allowed = rounding.update_bound(self.claim, abs(rate), size, reached, self.problem.y.size)
            own = OWN * (np.abs(V[:steps]) + np.abs(rate * center))
            return Band(after, allowed + abs(rate) * error + own)

    def mix(self, w: Band, b: Band) -> Band:
        """The rows of w from one band and b's row from another."""
        return w.where(self.is_w, b)

    @cached_property
    def is_w(self) -> FloatArray:
        """`(1, p, 1)`: 1 for the rows of w, 0 for b's."""
        mask = np.ones((1, self.d + 1, 1))
        mask[0, self.d] = 0
        return mask

    def gradient_at(self, V: FloatArray) -> Band:
        """The true gradients at other points, `(K, p, m)`."""
        truth = Truth(self.problem, self.claim, V)
        return self._banded(truth, rounding.gradient_bound(self.claim, self.problem.least_squares, truth.sizes))

    def gradient_on(self, x: FloatArray, y: FloatArray, V: FloatArray | None = None, extra: int = 0) -> Band:
        """The gradients that exact descent on other data would have, `extra` roundings beyond the plain formula's."""
        data = self.problem.replace(x=np.asarray(x, np.float64), y=np.asarray(y, np.float64))
        claim = dataclasses.replace(self.claim, extra_roundings=self.claim.extra_roundings + extra)
        truth = Truth(data, claim, self.before if V is None else V)
        return self._banded(truth, rounding.gradient_bound(claim, data.least_squares, truth.sizes))

    @cached_property
    def x(self) -> FloatArray:
        """The data in float64, exactly."""
        return np.asarray(self.problem.x, dtype=np.float64)

    @cached_property
    def y(self) -> FloatArray:
        """The targets in float64, exactly."""
        return np.asarray(self.problem.y, dtype=np.float64)

    @cached_property
    def mean(self) -> FloatArray:
        """`(q, q)`: the means of products of the columns `[x, 1, y]`, each within a rounding or two of exact."""
        gram = self.problem.least_squares.gram
        q = self.d + 1 + self.m
        return np.array(
            [
                [float(gram.scales[j] * gram.scales[k] * int(gram.integers[j, k]) / self.N) for k in range(q)]
                for j in range(q)
            ]
        )

    @property
    def moves(self) -> bool:
        """Whether the parameters ever change; where they do not, any constant gradient has data that explain it."""
        return not bool((self.V[:1] == self.V).all())

    @property
    def line(self) -> bool:
        """Whether this is the classic line, one feature and one target."""
        return (self.d, self.m) == (1, 1)
