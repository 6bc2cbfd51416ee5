"""From what was seen of a script to a run that can be judged: iterates, gradients, losses, and the learning rate."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gradagree.checking.run import finite_steps
from gradagree.cli import rate, roles
from gradagree.cli.roles import Roles
from gradagree.errors import UsageError
from gradagree.runtime.watching.observations import Observations, Packed
from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray


@dataclass(frozen=True)
class History:
    """A script's run.

    Parameters
    ----------
    V
        `(K+1, p, m)`, or `(K, p, m)` where the end is not known.
    gradient, loss
        `(K, p, m)` and `(K,)`; the loss `None` where it was not seen.
    remarks
        what a reader should know of it: parameters that never received a gradient, which is taken for zero; a last
        gradient that no update followed, as where a loop is left in between.
    """

    V: FloatArray
    gradient: FloatArray
    loss: FloatArray | None
    remarks: tuple[str, ...] = ()

    @property
    def updates(self) -> int:
        """How many updates were seen, each with its gradient, up to the first number that is not finite."""
        return max(0, min(finite_steps(self.V) - 1, finite_steps(self.gradient)))


def history(seen: Observations, found: Roles) -> History:
    """The run of the parameters that have roles.

    The record ends where a parameter that had gradients has none any more: from there on it is no parameter.
    """
    names = [parameter.name for parameter in (found.w, found.b) if parameter is not None]
    without = [name for name in names if all(step.gradients[name] is None for step in seen.steps)]
    points, slopes, losses = [], [], []
    for step in seen.steps:
        points.append(roles.weights(found, step.parameters).astype(np.float64))
        given = {name: _zero(step.parameters[name]) if name in without else step.gradients[name] for name in names}
        whole = {name: gradient for name, gradient in given.items() if gradient is not None}
        if len(whole) < len(names):
            break
        slopes.append(roles.weights(found, whole).astype(np.float64))
        losses.append(step.loss)
    else:
        if seen.failure is None and all(name in seen.end for name in names):
            points.append(roles.weights(found, seen.end).astype(np.float64))
    # A run that moved up to the last gradient and not by it was left there: no update of that gradient was seen.
    unused = len(points) > len(slopes) > 1 and _same(points[-1], points[-2]) and not _same(points[-2], points[-3])
    remarks = [f"`{name}` received no gradients at all, which counts as zero" for name in without]
    if unused:
        del points[-1]
        remarks.append("the last gradient was taken, and no update followed it")
    known = [loss for loss in losses if loss is not None]
    gradient = np.array(slopes).reshape(-1, *points[0].shape)
    loss = np.array(known) if len(known) == len(losses) else None
    return History(np.array(points), gradient, loss, tuple(remarks))


def learning_rate(
    seen: Observations, told: float | None, run: History, claim: Arithmetic, label: str, count: int
) -> tuple[float, str, list[str]]:
    """The learning rate, how it is known, and what there is to say about others.

    The script's own, where it explains the updates; else what explains them. A script that has one and does not follow
    it is held to what it says, for that is the finding. Where no update is finite, none can be explained; and where
    the very first gradient is not, none has to be: the rate is then 0, which stands for unknown. `count` is how many
    numbers of y the loss is taken over.

    Raises
    ------
    UsageError
        if the script has none, and no number explains even the first update.
    """
    if told is not None:
        return told, f"{told:g}, as --lr says", []
    own = {name: abs(value) for name, value in seen.rates.items() if math.isfinite(value)}
    V, gradient = run.V[: run.updates + 1], run.gradient[: run.updates]
    for name, value in own.items():
        if run.updates and value > 0 and rate.explained(value, V, gradient, claim, count).all():
            return value, f"{value:g}, `{name}`, which explains every update", []
    estimate = rate.estimate(V, gradient, claim, count)
    if own:
        name, value = next(iter(own.items()))
        if not run.updates:
            return value, f"{value:g}, `{name}`", []
        whole = estimate is not None and estimate[1] == run.updates
        other = [f"a learning rate of {estimate[0]:g} would explain every update"] if whole and estimate else []
        return value, f"{value:g}, `{name}`, though it does not explain the updates", other
    if estimate is not None:
        lr, explained = estimate
        which = "every update" if explained == run.updates else "the first update alone"
        return lr, f"{lr:g}, which explains {which}", []
    if not finite_steps(run.gradient[:1]):
        return 0.0, "unknown, and no update asks for it, since the first gradient is not finite", []
    why = "" if run.updates else ", the first of which is not finite"
    raise UsageError(f"{label}: cannot tell the learning rate from the updates{why}; --lr VALUE will do")


def _same(one: FloatArray, other: FloatArray) -> bool:
    return np.array_equal(one, other, equal_nan=True)


def _zero(like: Packed) -> Packed:
    return {**like, "values": [0.0] * len(like["values"])}
