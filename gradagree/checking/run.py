"""One recorded run: what was recorded, on which problem, and in which arithmetic it is said to be computed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gradagree.runtime.trajectory import Trajectory
from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray
from reference.problem import Problem
from reference.truth import Truth


@dataclass(frozen=True, eq=False)
class Run:
    """What every question is asked of: is it right, in which arithmetic, and what does it compute instead.

    Parameters
    ----------
    trajectory
        what was recorded, as `record` returns it.
    problem
        what it ran on, cast to the same dtype; its reduction says which loss the gradients are those of.
    arithmetic
        what the implementation claims to compute in.
    """

    trajectory: Trajectory
    problem: Problem
    arithmetic: Arithmetic

    @cached_property
    def V(self) -> FloatArray:
        """`(K+1, p, m)`: the iterates `[w; b]`, the end last; K of them where the end was not recorded."""
        return _stacked(self.trajectory.params)

    @cached_property
    def gradient(self) -> FloatArray | None:
        """`(K, p, m)`: the gradients as reported; `None` where none were."""
        return None if self.trajectory.grads is None else _stacked(self.trajectory.grads)

    @property
    def loss(self) -> FloatArray | None:
        """`(K,)`: the losses as reported; `None` where none were."""
        return self.trajectory.loss

    @cached_property
    def truth(self) -> Truth:
        """The exact numbers at those iterates, before the first that is not finite, at which a gradient is taken."""
        return self.truth_at(self.V[: min(finite_steps(self.V), self.problem.steps)])

    def truth_at(self, V: FloatArray) -> Truth:
        """The exact numbers at other iterates, `(K, p, m)`."""
        return Truth(self.problem, self.arithmetic, V)


def finite_steps(values: FloatArray) -> int:
    """How many of the first entries are finite throughout."""
    bad = ~np.isfinite(values.reshape(len(values), math.prod(values.shape[1:]))).all(axis=1)
    return int(np.argmax(bad)) if bad.any() else len(values)


def _stacked(values: Mapping[str, FloatArray]) -> FloatArray:
    """`[w; b]`, `(K, d+1, m)`, of `(K, d, m)` and `(K, m)`; of as many steps as both have."""
    w, b = values["w"], values["b"]
    steps = min(len(w), len(b))
    return np.concatenate([w[:steps], b[:steps, None, :]], axis=1)
