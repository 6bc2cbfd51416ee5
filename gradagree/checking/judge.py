"""Holds a recorded run against the exact one, inside the bounds of the arithmetic it claims.

Each gradient is compared at the implementation's *own* iterate, each update with its *own* gradient: a fault then shows
at the step that commits it, and nowhere else. The end is compared with the end of the exact run as well.
"""

from __future__ import annotations

import numpy as np

from gradagree.checking.check import Check, check
from gradagree.checking.deviation import Deviation
from gradagree.checking.final_iterate import compare_final
from gradagree.checking.finite import first_not_finite, not_finite, spelled
from gradagree.checking.run import Run, finite_steps
from gradagree.checking.verdict import Judgement, Verdict
from reference import rounding
from reference.dyadic import FloatArray
from reference.formats import FLOAT64
from reference.optimizers.sgd import update_error
from reference.truth import Truth


def judge(run: Run) -> Judgement:
    """The verdict on a run under the arithmetic it claims.

    INVALID, if an error of the protocol was seen, or a number that is not finite where the exact one is in range;
    DISAGREES, if a number lies outside its bound; INCONCLUSIVE, if a bound has reached its signal; else AGREES.
    """
    errors, truth = run.trajectory.protocol_errors, run.truth
    reached = len(truth.V)
    if not reached:
        if errors:
            return Judgement(Verdict.INVALID, str(errors[0]), {}, step=errors[0].step)
        start = first_not_finite("start", run.V[:1], run.problem.V0[None], 0)
        reason = f"step 0: the start is not finite: {start.place} is {spelled(start.got)}"
        return Judgement(Verdict.INVALID, reason, {}, step=0, first_violation=start)

    checks = {"start": _start(run)}
    off_the_lattice: list[str] = []
    if run.gradient is not None and (finite := finite_steps(run.gradient[:reached])):
        checks["gradient"], off_the_lattice = _gradients(truth.up_to(finite), run.gradient[:finite])
    updates = _updates(run)
    if updates is not None:
        checks["update"] = updates
    if run.loss is not None and (finite := finite_steps(run.loss[:reached])):
        checks["loss"] = _losses(truth.up_to(finite), run.loss[:finite])

    notes, broken = not_finite(run)
    distances: tuple[float | None, float | None] = (None, None)
    if finite_steps(run.V) == run.problem.steps + 1:
        end_checks, distances = compare_final(run)
        checks |= end_checks
    outside = [c.first_violation for c in checks.values() if c.first_violation is not None]
    first = broken[0] if broken else min(outside, key=lambda deviation: deviation.step, default=None)
    verdict, reason = _decide(str(errors[0]) if errors else broken[1] if broken else "", first, checks)
    step = errors[0].step if errors else first.step if first else None
    return Judgement(verdict, reason, checks, (*notes, *off_the_lattice), *distances, step=step, first_violation=first)


def _decide(invalid: str, wrong: Deviation | None, checks: dict[str, Check]) -> tuple[Verdict, str]:
    if invalid:
        return Verdict.INVALID, invalid
    if wrong:
        return Verdict.DISAGREES, str(wrong)
    if "gradient" not in checks and "update" not in checks:
        return Verdict.INCONCLUSIVE, "no gradient and no update stayed in the range of the format"
    for quantity in ("gradient", "update"):
        if quantity in checks and checks[quantity].bound_exceeds_signal:
            return Verdict.INCONCLUSIVE, f"the {quantity} bounds have reached their signal: anything could pass"
    return Verdict.AGREES, ""


def _start(run: Run) -> Check:
    """The first iterate is the start that was given, bit for bit."""
    start, given = run.problem.V0[None], run.V[:1]
    return check("start", given, given - start, np.zeros_like(given), np.abs(start), count=1)


def _gradients(truth: Truth, gradient: FloatArray) -> tuple[Check, list[str]]:
    """The check; and, of code that claims no powers of two, a note where it is not exact as theirs would be.

    It may well be right: with a constant that is no power of two, as a loss scale of 1000.
    """
    error = truth.evaluation.gradient_error(gradient)
    notes = []
    if not truth.arithmetic.dyadic and not truth.problem.y.size & (truth.problem.y.size - 1):
        off = ~(np.abs(error) <= truth.lattice_bound).all(axis=(1, 2))
        if off.any():
            notes.append(
                f"step {int(np.argmax(off))}: the gradient is not bit for bit the exact one, as it is on these data in "
                "an evaluation whose constants are all powers of two"
            )
    return check("gradient", gradient, error, truth.gradient_bound, np.abs(truth.gradient)), notes


def _updates(run: Run) -> Check | None:
    """Each update with the implementation's own gradient; with the exact one where it reports none."""
    truth, V, lr, arithmetic = run.truth, run.V, run.problem.lr, run.arithmetic
    count = float(run.problem.y.size / run.problem.scale)
    known = truth.gradient if run.gradient is None else run.gradient[: len(truth.V)]
    steps = min(len(V) - 1, finite_steps(V[1:]), finite_steps(known))
    if steps < 1:
        return None
    before, after, slope = V[:steps], V[1 : steps + 1], known[:steps]
    error = update_error(before, slope, lr, after)
    if run.gradient is None:
        allowed = truth.gradient_bound[:steps] + 2 * FLOAT64.unit_roundoff * np.abs(slope)
        bound = rounding.update_bound(arithmetic, lr, np.abs(slope) + allowed, after, count) + lr * allowed
    else:
        bound = rounding.update_bound(arithmetic, lr, slope, after, count)
    return check("update", after, error, bound, lr * np.abs(slope))


def _losses(truth: Truth, loss: FloatArray) -> Check:
    return check("loss", loss, truth.evaluation.loss_error(loss), truth.loss_bound, truth.loss)
