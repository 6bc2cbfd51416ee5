"""Which mistake of the catalogue explains every step of a run."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Iterable

import numpy as np

from gradagree.checking.run import Run
from gradagree.diagnosis import convergence_notes, pattern, record_faults
from gradagree.diagnosis.another import another
from gradagree.diagnosis.catalogue import MISTAKES
from gradagree.diagnosis.diagnosis import Diagnosis
from gradagree.diagnosis.enclosure import OWN
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.explanation import EXACT, Explanation, explain
from gradagree.diagnosis.mistakes import PREDICTIONS
from gradagree.runtime.trajectory import Trajectory
from reference.problem import Problem

# Fewer steps could be met by chance, or by a constant that was solved for.
ENOUGH = 6


def diagnose(run: Run, *, confirm: Callable[[Problem], Trajectory] | None = None) -> Diagnosis:
    """Hold every mistake of the catalogue against a run, and say which explain every step.

    Parameters
    ----------
    confirm
        runs the implementation on another problem; an explanation then has to hold there too.
    """
    evidence = Evidence(run)
    fault = record_faults.explain(evidence)
    if not evidence.steps:
        return fault or Diagnosis(None, pattern="no step was recorded")
    exact = explain(evidence, None, EXACT)
    assert exact is not None
    if exact.fits:
        return fault or Diagnosis(None, notes=convergence_notes.notes(evidence), pattern=pattern.exact(evidence))
    found = [e for e in explanations(evidence) if e.steps >= ENOUGH or not e.fits]
    # A start of one's own, besides: what the steps do is explained all the same.
    fitting = _counting(found)
    notes: tuple[str, ...] = ()
    if not fitting and exact.first_violation is not None and _start_is_off(evidence):
        found = [e for e in explanations(evidence, free_start=True) if e.steps >= ENOUGH or not e.fits]
        fitting = _counting(found)
        notes = ("the run starts from another point than the one asked for, besides",) if fitting else ()
    if confirm is not None and fitting:
        fitting, said = _confirmed(fitting, run, confirm)
        notes += said
    return _conclude(evidence, exact, found, fitting, notes, fault)


def explanations(run: Evidence, free_start: bool = False, codes: Iterable[str] = MISTAKES) -> list[Explanation]:
    """The best explanation that each mistake offers, best mistake first."""
    best = []
    for code in sorted(PREDICTIONS.keys() & set(codes)):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            offered = [explain(run, MISTAKES[code], p, free_start) for p in PREDICTIONS[code](run)]
        made = [e for e in offered if e is not None]
        if made:
            best.append(min(made, key=_quality))
    return sorted(best, key=_quality)


def _quality(explanation: Explanation) -> tuple[bool, float, float, str]:
    """Best first: what fits, with the fewest constants, then the commonest; then what fails, the latest and least."""
    off = explanation.first_violation
    if off is None:
        return False, explanation.fitted_constants, MISTAKES[explanation.code].rank, explanation.code
    return True, -float(off.step), explanation.worst_ratio, explanation.code


def _counting(found: list[Explanation]) -> list[Explanation]:
    """What fits; what holds other mistakes as special cases only where none of them does."""
    fitting = [e for e in found if e.fits]
    least = min((e.generality for e in fitting), default=0)
    return [e for e in fitting if e.generality == least]


def _start_is_off(run: Evidence) -> bool:
    return not np.array_equal(run.V[0], run.problem.V0)


def _confirmed(
    fitting: list[Explanation], run: Run, confirm: Callable[[Problem], Trajectory]
) -> tuple[list[Explanation], tuple[str, ...]]:
    """Those explanations that hold on a second problem as well."""
    probe = another(run.problem)
    probe = dataclasses.replace(probe, steps=min(probe.steps, run.problem.steps))
    evidence = Evidence(Run(confirm(probe), probe, run.arithmetic))
    if evidence.steps < ENOUGH:
        return fitting, (f"not confirmed on a second problem: {evidence.steps} steps of {probe.name} were recorded",)
    asked = [e.code for e in fitting]
    again = explanations(evidence, codes=asked) + explanations(evidence, free_start=True, codes=asked)
    codes = {e.code for e in again if e.fits and e.steps >= ENOUGH}
    kept = [e for e in fitting if e.code in codes]
    dropped = [e.code for e in fitting if e.code not in codes]
    if kept and not dropped:
        return kept, (f"confirmed on a second problem, {probe.name}",)
    if kept:
        return kept, (f"confirmed on a second problem, {probe.name}, which rules out {', '.join(dropped)}",)
    return [], (f"{', '.join(dropped)} would explain this run, but not that on a second problem, {probe.name}",)


def _factor(evidence: Evidence, best: Explanation) -> float | None:
    """By which each gradient is too large, where that is all that is wrong; `None` where it is not."""
    if best.quantity != "gradient" or not len(best.predicted):
        return None
    true = evidence.true.center[: len(best.predicted)]
    if not true.all():
        return None
    ratios = best.predicted / true
    factor = float(ratios[0, 0, 0])
    # Each ratio is the factor, but for the rounding of a product and of a quotient; so is the first.
    return factor if factor > 0 and (np.abs(ratios - factor) <= 2 * OWN * factor).all() else None


def _conclude(
    evidence: Evidence,
    exact: Explanation,
    found: list[Explanation],
    fitting: list[Explanation],
    notes: tuple[str, ...],
    fault: Diagnosis | None,
) -> Diagnosis:
    rejected = next((e for e in found if not e.fits), None)
    if not fitting:
        if fault is not None:
            return fault
        return Diagnosis(
            None, runner_up=rejected, notes=notes, pattern=pattern.of(evidence), first_violation=exact.first_violation
        )
    best, others = fitting[0], fitting[1:]
    family = MISTAKES[best.code].same_record
    family += tuple(f"{e.code} explains every step as well: {e.name}" for e in others)
    extra = fault.candidates if fault is not None else ()
    factor = _factor(evidence, best)
    if factor is not None:
        notes += convergence_notes.divergence(evidence.problem, factor)
    return Diagnosis(
        best.code,
        tuple(dict.fromkeys([*(e.code for e in fitting), *extra])),
        best,
        rejected,
        family,
        best.notes + notes + (fault.notes if fault is not None else ()),
        "",
        exact.first_violation,
    )
