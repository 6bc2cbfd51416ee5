"""What of a recorded run a diagnosis rests on, as enclosures: what was reported, and what a correct run would have."""

from __future__ import annotations

import dataclasses
from functools import cached_property

import numpy as np

from gradagree.checking.run import Run, finite_steps
from gradagree.diagnosis.enclosure import OWN, Enclosure
from reference import rounding
from reference.dyadic import FloatArray
from reference.optimizers.sgd import descended_floats
from reference.truth import Truth


class Evidence:
    """The numbers of a run up to the last step at which they are finite and a correct run is in range.

    Where no gradients were reported, each is read off the update, `(V_k - V_{k+1}) / lr`, with the error that this
    reading has.

    Parameters
    ----------
    run
        what was recorded.
    """

    def __init__(self, run: Run) -> None:
        self.run, self.problem, self.arithmetic = run, run.problem, run.arithmetic
        self.lr, self.scale, self.u = self.problem.lr, float(self.problem.scale), run.arithmetic.storage.unit_roundoff
        (self.N, self.d), self.m = self.problem.x.shape, self.problem.y.shape[1]
        self.reported = run.gradient is not None
        steps = len(run.truth.V) if run.gradient is None else min(len(run.truth.V), finite_steps(run.gradient))
        truth = run.truth.up_to(steps)
        if steps:
            beyond = ~truth.sizes.within(run.arithmetic)
            steps = int(np.argmax(beyond)) if beyond.any() else steps
        self.truth, self.steps = truth.up_to(steps), steps
        self.V = run.V[: min(steps + 1, finite_steps(run.V))]
        self.before, self.after = self.V[:steps], self.V[1:]

    @cached_property
    def true(self) -> Enclosure:
        """The exact gradients at the run's own iterates, with the bounds of any correct evaluation.

        Not those of data on a lattice, which a wrong factor would leave.
        """
        return _enclosed(self.truth, self.truth.rounding_bound)

    @cached_property
    def exact(self) -> Enclosure:
        """The same with the bounds that `compare` holds a run to."""
        return _enclosed(self.truth, self.truth.gradient_bound)

    @cached_property
    def taken(self) -> Enclosure:
        """What was subtracted at each step, over lr: `(V_k - V_{k+1}) / lr`, and how well the record tells."""
        return self.taken_by(self.lr)

    def taken_by(self, lr: float) -> Enclosure:
        """The same for another learning rate."""
        moved = self.before[: len(self.after)] - self.after
        if lr == 0:
            return Enclosure(np.zeros_like(moved), np.full_like(moved, np.inf))
        G = moved / lr
        bound = rounding.update_bound(self.arithmetic, lr, G, self.after, self.problem.y.size) + OWN * np.abs(moved)
        return Enclosure(G, bound * (1 + self.u) ** 4 / lr)

    @cached_property
    def history(self) -> Enclosure:
        """The gradients as reported, exactly; as read off the updates where none were."""
        return self.taken if self.run.gradient is None else Enclosure.exact(self.run.gradient[: self.steps])

    @cached_property
    def slope(self) -> Enclosure:
        """What a correct update would use: the gradients reported; the true ones where none were."""
        return self.history if self.reported else self.true

    @cached_property
    def followed(self) -> Enclosure:
        """The iterates after correct updates by the gradients that were reported."""
        return self.update(self.slope)

    @property
    def zero(self) -> Enclosure:
        """Gradients of exactly zero."""
        return Enclosure.exact(np.zeros_like(self.true.center))

    @property
    def still(self) -> Enclosure:
        """The iterates after updates that change nothing: those before, bit for bit."""
        return Enclosure.exact(self.before[: len(self.after)])

    def update(self, slope: Enclosure, lr: float | None = None, start: FloatArray | None = None) -> Enclosure:
        """`V - lr slope`, as one multiplication and one subtraction leave it; `start` stands for V if given."""
        rate = self.lr if lr is None else lr
        V = self.before if start is None else start
        steps = min(len(slope), len(V), len(self.after))
        center, error = slope.center[:steps], slope.bound[:steps]
        with np.errstate(over="ignore", invalid="ignore"):
            after = descended_floats(V[:steps], center, rate)
            size, reached = np.abs(center) + error, np.abs(after) + rate * error
            allowed = rounding.update_bound(self.arithmetic, abs(rate), size, reached, self.problem.y.size)
            own = OWN * (np.abs(V[:steps]) + np.abs(rate * center))
            return Enclosure(after, allowed + abs(rate) * error + own)

    def mix(self, w: Enclosure, b: Enclosure) -> Enclosure:
        """The rows of w from one and b's row from another."""
        return w.where(self.is_w, b)

    @cached_property
    def is_w(self) -> FloatArray:
        """`(1, p, 1)`: 1 for the rows of w, 0 for b's."""
        mask = np.ones((1, self.d + 1, 1))
        mask[0, self.d] = 0
        return mask

    def gradient_at(self, V: FloatArray) -> Enclosure:
        """The true gradients at other points, `(K, p, m)`."""
        truth = self.run.truth_at(V)
        return _enclosed(truth, truth.rounding_bound)

    def gradient_on(self, x: FloatArray, y: FloatArray, V: FloatArray | None = None, extra: int = 0) -> Enclosure:
        """The gradients that exact descent on other data would have, `extra` roundings beyond the plain formula's."""
        data = self.problem.replace(x=np.asarray(x, np.float64), y=np.asarray(y, np.float64))
        arithmetic = dataclasses.replace(self.arithmetic, extra_roundings=self.arithmetic.extra_roundings + extra)
        truth = Truth(data, arithmetic, self.before if V is None else V)
        return _enclosed(truth, truth.rounding_bound)

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


def _enclosed(truth: Truth, bound: FloatArray) -> Enclosure:
    return Enclosure(truth.gradient, bound).widened(OWN * np.abs(truth.gradient))
