"""What a script may do and still be judged: one training of a line by plain gradient descent. All else is refused.

A refusal says what was seen. Where a mistake of the catalogue explains every number of a run, that is the answer; where
none does, and something was seen that is no mistake (a penalty, a schedule, a second training), it is no accusation.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

import numpy as np

from gradagree.checking.finite import spelled
from gradagree.checking.verdict import Verdict
from gradagree.cli.answer import outcome
from gradagree.cli.case import Case
from gradagree.cli.outcome import Outcome
from gradagree.cli.rate import estimate, explained, explained_each
from gradagree.diagnosis.compare import compare
from gradagree.errors import UsageError
from gradagree.runtime.watching.observations import Observations
from reference.dyadic import FloatArray
from reference.reduction import LOSSES

WILL_DO = (
    "a script that trains w and b of y = w x + b once, by the squared errors of the same rows at each step and by "
    "plain gradient descent, will do"
)
ENOUGH = 3  # updates that are one rate's, for a rate to count as found


def refuse_outside(seen: Observations, label: str) -> None:
    """Say what was seen that is outside.

    Raises
    ------
    UsageError
        if something was.
    """
    if seen.outside:
        what, *more = seen.outside[:2]
        shared = "its loss passes through "
        told = [what, *(other.removeprefix(shared) if what.startswith(shared) else other for other in more)]
        raise UsageError(f"{label}: {' and '.join(told)}{_first_not_finite(seen)}; {WILL_DO}")


def _first_not_finite(seen: Observations) -> str:
    """Of a script that cannot be judged, which number was NaN or infinite first; nothing, where all are finite."""
    for k, step in enumerate(seen.steps):
        met = [(f"`{name}`", packed["values"]) for name, packed in step.parameters.items()]
        met += [("its loss", [step.loss])] if step.loss is not None else []
        met += [(f"the gradient of `{name}`", packed["values"]) for name, packed in step.gradients.items() if packed]
        for name, values in met:
            bad = next((value for value in values if not math.isfinite(value)), None)
            if bad is not None:
                return f" ({name} is {spelled(bad)} at step {k}, the first number that is not finite)"
    return ""


def answer(cases: list[Case], seen: Observations, demanded: bool = False) -> Outcome:
    """The answer to a run that may be laid out in several ways: that by which its numbers are explained.

    Half the mean, the sum and half the sum are no mistakes of a script that says nothing of its loss; unless the loss
    was `demanded`.

    Raises
    ------
    UsageError
        if none explains them, and what was seen is no mistake or leaves it open which way is the script's.
    """
    label, judgements = cases[0].label, [compare(case.run) for case in cases]
    for case, judgement in zip(cases, judgements, strict=True):
        if judgement.verdict is not Verdict.DISAGREES:
            return outcome(case, judgement)
    if not demanded:
        for case in cases:
            for other in _under_other_reductions(case):
                judgement = compare(other.run)
                if judgement.verdict is Verdict.AGREES:
                    return outcome(other, judgement)
    outcomes = [outcome(case, judgement) for case, judgement in zip(cases, judgements, strict=True)]
    for found in outcomes:
        if found.code is not None:
            return found
    for what in (*seen.unusual, *_of_the_updates(cases[0], seen)):
        raise UsageError(f"{label}: {what}; {WILL_DO}")
    if len({(case.assumed.get("b"), case.run.problem.x.shape, case.run.problem.w0.tobytes()) for case in cases}) > 1:
        raise UsageError(
            f"{label}: the shapes leave open which number of `w` belongs to which of x and y, and the gradients are "
            "right for none of the ways; w of shape (columns of x, columns of y) and a b of its own will do"
        )
    return outcomes[0]


def _under_other_reductions(case: Case) -> Iterator[Case]:
    """The run as descent on another multiple of the loss, each with what is to be said of it."""
    for reduction, loss in LOSSES.items():
        if reduction == case.run.problem.reduction or (reduction == "row-mse" and case.run.problem.y.shape[1] == 1):
            continue
        notes = case.notes
        if "sum" in reduction:
            entries = case.run.problem.y.size
            notes += (f"of a sum over {entries} numbers, the largest stable learning rate is {entries} times smaller",)
        assumed = {**case.assumed, "convention": f"{reduction}, {loss}, of which every gradient is"}
        problem = dataclasses.replace(case.run.problem, reduction=reduction)
        yield dataclasses.replace(
            case, run=dataclasses.replace(case.run, problem=problem), assumed=assumed, notes=notes
        )


def _of_the_updates(case: Case, seen: Observations) -> list[str]:
    """What the updates show that is no mistake: rates that change, another training, parameters set anew."""
    V, gradient = case.run.V, case.run.gradient
    assert gradient is not None
    updates = min(len(V) - 1, len(gradient))
    V, gradient = V[: updates + 1], gradient[:updates]
    if not updates or not (np.isfinite(V).all() and np.isfinite(gradient).all()):
        return []
    found = _pattern(V, gradient, seen, case)
    if found is None and len(seen.steps) == updates > ENOUGH:
        found = _pattern(V[:-1], gradient[:-1], seen, case)
        if found == "":
            found = "w and b are set anew after the last gradient, by none"
    return [found] if found else []


def _pattern(V: FloatArray, gradient: FloatArray, seen: Observations, case: Case) -> str | None:
    """What the updates do beside following their gradients at one rate: `""` for nothing, `None` if it is not told."""
    updates, claim, count = len(gradient), case.run.arithmetic, case.run.problem.y.size
    first = estimate(V[:2], gradient[:1], claim, count)
    right = explained(first[0], V, gradient, claim, count) if first else np.zeros(updates, bool)
    if right.all():
        return ""
    for name in seen.rates:
        rates = [step.rates[name] for step in seen.steps[:updates] if name in step.rates]
        changed = next((k for k, value in enumerate(rates) if value != rates[0]), None)
        if changed is not None and len(rates) == updates and explained_each(rates, V, gradient, claim, count).all():
            return f"`{name}` changes from {rates[0]:g} to {rates[changed]:g} at update {changed} (a schedule)"
    back = next((j for j in range(2, updates + 1) if np.array_equal(V[j], V[0])), None)
    if back is not None and not np.array_equal(V[1], V[0]) and not right[back - 1]:
        return f"w and b are at gradient {back} what they were at first again: there are two trainings"
    k = int(np.argmin(right))
    after = estimate(V[k + 1 :], gradient[k + 1 :], claim, count)
    if first is not None and k >= ENOUGH and after is not None and after[1] == updates - k - 1 >= ENOUGH:
        if explained(after[0], V[k : k + 2], gradient[k : k + 1], claim, count).all():
            return f"the learning rate is {first[0]:g} up to update {k}, and {after[0]:g} from there (a schedule)"
        return f"w and b are set anew at update {k}, by no gradient, and follow theirs else: there are two trainings"
    own = [_projected(V[j : j + 2], gradient[j]) for j in range(updates)]
    if min(own) > 0 and updates >= ENOUGH and explained_each(own, V, gradient, claim, count).all():
        return f"each update follows its gradient, at a rate that changes (from {own[0]:.3g} to {own[-1]:.3g})"
    return None


def _projected(V: FloatArray, gradient: FloatArray) -> float:
    """The rate at which an update comes nearest to following its gradient."""
    size = float((gradient * gradient).sum())
    return -float(((V[1] - V[0]) * gradient).sum()) / size if size > 0 else 0.0
