"""Holds a recorded run against the exact one, inside the bounds of the arithmetic it claims.

Each gradient is compared at the implementation's *own* iterate, each update with its *own* gradient: a fault then shows
at the step that commits it, and nowhere else. The end is compared with the end of the exact run as well.
"""

from __future__ import annotations

import numpy as np

from gradagree.checking.check import check
from gradagree.checking.final_iterate import compare_final
from gradagree.checking.finite import at_start, finite_steps, not_finite, spelled
from gradagree.checking.reduction import scale
from gradagree.checking.truth import Truth
from gradagree.checking.verdict import Check, Deviation, Judgement, Verdict
from gradagree.runtime.trajectory import Trajectory
from reference import rounding
from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray
from reference.formats import FLOAT64
from reference.optimizers.sgd import update_error
from reference.problem import Problem


def judge(trajectory: Trajectory, problem: Problem, claim: Arithmetic, convention: str = "mse") -> Judgement:
    """The verdict on a run under one claim.

    INVALID, if there was a fault, or a number that is not finite where the exact one is in range; DISAGREES, if a
    number lies outside its bound; INCONCLUSIVE, if a bound has reached its signal; else AGREES.

    Parameters
    ----------
    trajectory
        the run, as `record` returns it.
    problem
        the problem it ran on, cast to the same dtype.
    claim
        the arithmetic that the implementation claims.
    convention
        which loss its gradients and losses are those of, one of `reduction.NAMES`.
    """
    V = stack(trajectory.w, trajectory.b)
    reached = min(finite_steps(V), problem.steps)
    if not reached:
        if trajectory.faults:
            return Judgement(Verdict.INVALID, str(trajectory.faults[0]), {}, step=trajectory.faults[0].step)
        start = at_start(V, problem)
        reason = f"step 0: the start is not finite: {start.place} is {spelled(start.got)}"
        return Judgement(Verdict.INVALID, reason, {}, step=0, first_wrong=start)

    truth = Truth(problem, claim, V[:reached], scale(convention, problem))
    checks = {"start": _start(problem, V)}
    gradient = None
    if trajectory.grad_w is not None and trajectory.grad_b is not None:
        gradient = stack(trajectory.grad_w, trajectory.grad_b)[:reached]
        finite = finite_steps(gradient)
        if finite:
            checks["gradient"] = _gradients(truth, gradient[:finite])
    updates = _updates(truth, V, gradient)
    if updates is not None:
        checks["update"] = updates
    if trajectory.loss is not None:
        finite = finite_steps(trajectory.loss[:reached])
        if finite:
            checks["loss"] = _losses(truth, trajectory.loss[:finite])

    notes, broken = not_finite(truth, V, gradient, trajectory.loss)
    notes += _off_the_lattice(truth, gradient)
    distances = None
    if finite_steps(V) == problem.steps + 1:
        end_checks, distances = compare_final(truth, V)
        checks |= end_checks
    outside = [c.first_wrong for c in checks.values() if c.first_wrong is not None]
    first = broken[0] if broken else min(outside, key=lambda extreme: extreme.step, default=None)
    verdict, reason = _decide(trajectory, broken[1] if broken else "", first, checks)
    step = trajectory.faults[0].step if trajectory.faults else first.step if first else None
    observed, theory = distances or (None, None)
    return Judgement(verdict, reason, checks, tuple(notes), observed, theory, step=step, first_wrong=first)


def stack(w: FloatArray, b: FloatArray) -> FloatArray:
    """`[w; b]`, `(K, d+1, m)`, of `(K, d, m)` and `(K, m)`; of as many steps as both have."""
    steps = min(len(w), len(b))
    return np.concatenate([w[:steps], b[:steps, None, :]], axis=1)


def _decide(
    trajectory: Trajectory, broken: str, wrong: Deviation | None, checks: dict[str, Check]
) -> tuple[Verdict, str]:
    if trajectory.faults:
        return Verdict.INVALID, str(trajectory.faults[0])
    if broken:
        return Verdict.INVALID, broken
    if wrong:
        return Verdict.DISAGREES, str(wrong)
    if "gradient" not in checks and "update" not in checks:
        return Verdict.INCONCLUSIVE, "no gradient and no update stayed in the range of the format"
    for quantity in ("gradient", "update"):
        if quantity in checks and checks[quantity].blind:
            return Verdict.INCONCLUSIVE, f"the {quantity} bounds have reached their signal: anything could pass"
    return Verdict.AGREES, ""


def _start(problem: Problem, V: FloatArray) -> Check:
    """The first iterate is the start that was given, bit for bit."""
    start = problem.V0
    return check("start", V[:1], V[:1] - start, np.zeros_like(V[:1]), np.abs(start)[None], count=1)


def _gradients(truth: Truth, gradient: FloatArray) -> Check:
    truth = truth.up_to(len(gradient))
    error = truth.evaluation.gradient_error(gradient)
    return check("gradient", gradient, error, truth.gradient_bound, np.abs(truth.gradient))


def _updates(truth: Truth, V: FloatArray, gradient: FloatArray | None) -> Check | None:
    """Each update with the implementation's own gradient; with the exact one where it reports none."""
    lr, claim, count = truth.problem.lr, truth.claim, float(truth.problem.y.size / truth.scale)
    known = truth.gradient if gradient is None else gradient
    steps = min(len(V) - 1, finite_steps(V[1:]), finite_steps(known))
    if steps < 1:
        return None
    before, after, slope = V[:steps], V[1 : steps + 1], known[:steps]
    error = update_error(before, slope, lr, after)
    if gradient is None:
        allowed = truth.gradient_bound[:steps] + 2 * FLOAT64.unit_roundoff * np.abs(slope)
        bound = rounding.update_bound(claim, lr, np.abs(slope) + allowed, after, count) + lr * allowed
    else:
        bound = rounding.update_bound(claim, lr, slope, after, count)
    return check("update", after, error, bound, lr * np.abs(slope))


def _off_the_lattice(truth: Truth, gradient: FloatArray | None) -> list[str]:
    """Of code that claims no powers of two: that its gradient is not the exact one where theirs would be.

    It may well be right: with a constant that is no power of two, as a loss scale of 1000. So this is a note.
    """
    if truth.claim.dyadic or gradient is None or truth.problem.y.size & (truth.problem.y.size - 1):
        return []
    finite = finite_steps(gradient)
    truth = truth.up_to(finite)
    off = ~(np.abs(truth.evaluation.gradient_error(gradient[:finite])) <= truth.lattice_bound) if finite else None
    if off is None or not off.any():
        return []
    step = int(np.argmax(off.any(axis=(1, 2))))
    return [
        f"step {step}: the gradient is not bit for bit the exact one, as it is on these data in an evaluation whose "
        "constants are all powers of two"
    ]


def _losses(truth: Truth, loss: FloatArray) -> Check:
    truth = truth.up_to(len(loss))
    return check("loss", loss, truth.evaluation.loss_error(loss), truth.loss_bound, truth.loss)
