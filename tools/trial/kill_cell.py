"""One cell of the kill matrix: a problem in a dtype at one iterate, and what a mutant makes of it there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gradagree.checking.run import Run
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.diagnosis.compare import compare
from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray
from reference.formats import BY_NAME, Format
from reference.least_squares import LeastSquares
from reference.problem import Problem, regression
from reference.truth import Truth
from tools.trial import evaluation
from tools.trial.edges import Draw
from tools.trial.machine import Machine
from tools.trial.runs import plain, trajectory
from tools.trial.sums import pairwise

# The effect is computed in float64 from exact rationals; a mutant must clear the bounds by more than that may err.
CLEAR = 1 + 2.0**-40


@dataclass(frozen=True)
class Outcome:
    """What a mutant did.

    Parameters
    ----------
    quantity
        the check that should see it.
    ratio
        `max |effect| / (bound + the mutant's own bound)`: beyond 1 it must be caught, however either was rounded.
    caught
        whether that check did see it.
    verdict
        of the whole step.
    """

    quantity: str
    ratio: float
    caught: bool
    verdict: Verdict

    @property
    def must(self) -> bool:
        """Whether it had to be caught."""
        return self.ratio > CLEAR

    @property
    def survived_wrongly(self) -> bool:
        """Whether a prediction failed."""
        return self.must and not (self.caught and self.verdict is Verdict.DISAGREES)


@dataclass(frozen=True)
class Cell:
    """The classic line with N rows in a dtype, at the iterate that exact descent has reached at `step`."""

    dtype: str
    rows: int
    step: int

    @cached_property
    def whole(self) -> Problem:
        """The problem from its start."""
        return _line(self.rows).cast(self.dtype)

    @cached_property
    def V(self) -> FloatArray:
        """The iterate, `(2, 1)`, rounded to the dtype."""
        return self.iterate(self.step)

    def iterate(self, step: int) -> FloatArray:
        """Where exact descent is after so many steps, rounded to the dtype."""
        problem = self.whole
        if step == 0:
            return problem.V0
        ball = problem.least_squares.descend_ball(problem.w0, problem.b0, problem.lr, step)
        middle = np.array([[float(v.mid()) for v in row] for row in ball.tolist()])
        return middle.astype(BY_NAME[self.dtype].dtype).astype(np.float64)

    @cached_property
    def problem(self) -> Problem:
        """A run of one step from there."""
        return at(self.whole, self.V)

    @property
    def claim(self) -> Arithmetic:
        """The plain claim of the dtype."""
        return plain(self.dtype, flushes=False)

    @property
    def machine(self) -> Machine:
        """What correct code and mutants both run on."""
        return Machine(self.claim)

    @cached_property
    def truth(self) -> Truth:
        """The exact gradient and loss, and their bounds."""
        return Truth(self.problem, self.claim, self.V[None])

    @cached_property
    def gradient(self) -> FloatArray:
        """The correct evaluation, `(2, 1)`."""
        return evaluate(self.machine, self.problem, self.V)

    @cached_property
    def loss(self) -> FloatArray:
        """The correct loss, `(1,)`."""
        x, y = self.problem.x.astype(np.float64), self.problem.y.astype(np.float64)
        return evaluation.loss(self.machine, pairwise, x, y, self.V[None])

    def judge(
        self, gradient: FloatArray | None = None, after: FloatArray | None = None, loss: FloatArray | None = None
    ) -> Judgement:
        """The verdict on the step, of which something may be replaced; the update follows the gradient."""
        g = self.gradient if gradient is None else gradient
        end = evaluation.update(self.machine, self.V, g, self.problem.lr) if after is None else after
        return compare(
            Run(trajectory([self.V, end], [g], self.loss if loss is None else loss), self.problem, self.claim)
        )


def at(problem: Problem, V: FloatArray, x: FloatArray | None = None, y: FloatArray | None = None) -> Problem:
    """One step of the problem from `V`, its data perhaps replaced by others of the same dtype."""
    dtype = problem.x.dtype
    moved = problem.replace(
        w0=V[:-1].astype(dtype),
        b0=V[-1].astype(dtype),
        steps=1,
        x=problem.x if x is None else x.astype(dtype),
        y=problem.y if y is None else y.astype(dtype),
    )
    if x is None and y is None:
        # The data are the same, and their exact sums take longer than all the rest.
        vars(moved)["least_squares"] = problem.least_squares
    return moved


def evaluate(machine: Machine, problem: Problem, V: FloatArray) -> FloatArray:
    """The gradient of a problem at one iterate, on a machine, `(p, m)`."""
    x, y = problem.x.astype(np.float64), problem.y.astype(np.float64)
    return np.asarray(evaluation.gradient(machine, pairwise, x, y, V[None], [list(range(len(x)))])[0, 0])


def exact_gradient(squares: LeastSquares, V: FloatArray) -> np.ndarray[tuple[int, ...], np.dtype[np.object_]]:
    """The exact gradient as fractions, `(p, m)`."""
    w, b = squares.gradient(V[:-1], V[-1])
    assert b is not None
    return np.concatenate([w, b[None]])


def narrowed(values: FloatArray, form: Format) -> FloatArray:
    """Values rounded to a narrower format."""
    claim = Arithmetic(form, form)
    return Machine(claim).store(values)


def _line(rows: int) -> Problem:
    draw = Draw(rows)
    x = 5 * draw.uniform(rows, 1)
    y = 2.3 + 5.1 * x + 0.2 * draw.noise(rows, 1)
    return regression("line", x, y, w0=np.array([[0.49878615]]), b0=np.array([-0.52332324]), lr=0.01, steps=1)
