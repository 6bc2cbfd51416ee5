"""Holds a recorded run of an optimizer against its recurrence.

Each step is judged from the parameters, gradients and state that were recorded before it. So nothing accumulates, and
a wrong coefficient shows at the step at which it acts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from gradagree.checking.check import Check
from gradagree.checking.side_by_side import Column, SideBySide, joined, unchanged
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.runtime.optimizing import Kept, OptimizerRun
from reference.arithmetic import Arithmetic
from reference.domains import Value
from reference.domains.updates import Band, Updates
from reference.dyadic import FloatArray
from reference.optimizers import Optimizer, State

COUNT = "step"  # what frameworks call the number of updates
ALL = ""  # the name under which a recurrence takes the entries of all its parameters, side by side

Compared = tuple[FloatArray, Band, FloatArray]  # what was reported, the exact numbers, and what is looked for


def judge(run: OptimizerRun, recurrences: Sequence[Optimizer], arithmetic: Arithmetic) -> Judgement:
    """The verdict on a run under the arithmetic that is claimed.

    INVALID, if an error of the protocol was seen, or a quantity of the state that the recurrence does not have;
    DISAGREES, if a number lies outside its bound, or is not finite where the exact one is in range, or if a gradient or
    memory that is no parameter's was changed; INCONCLUSIVE, if a bound has reached its signal; else AGREES.

    Parameters
    ----------
    run
        what was recorded.
    recurrences
        of each group; the last one is for all groups behind it.
    arithmetic
        the claim.
    """
    checks = _checks(run, recurrences, arithmetic) if run.steps else {}
    notes = (_figures(checks.values()),) if checks else ()
    violations = [found.first_violation for found in checks.values() if found.first_violation is not None]
    first = min(violations, key=lambda deviation: deviation.step, default=None)
    errors = [*map(str, run.protocol_errors), *_without_a_recurrence(run, checks)]
    if errors:
        return Judgement(Verdict.INVALID, errors[0], checks, notes)
    if first is not None:
        return Judgement(Verdict.DISAGREES, str(first), checks, notes, step=first.step, first_violation=first)
    blind = [name for name, found in checks.items() if found.bound_exceeds_signal]
    if blind:
        reason = f"the bounds of {', '.join(blind)} have reached their signal: anything could pass"
        return Judgement(Verdict.INCONCLUSIVE, reason, checks, notes)
    return Judgement(Verdict.AGREES, "", checks, notes)


def _figures(checks: Iterable[Check]) -> str:
    """How far off each quantity is at its worst, and which fault in it would have been seen."""
    shown = [found for found in checks if found.quantity not in ("start", "grad", "memory", COUNT)]
    return "error/bound and resolution: " + ", ".join(
        f"{found.quantity} {found.worst_deviation.ratio:.2g}, {found.resolution:.1g}" for found in shown
    )


def _without_a_recurrence(run: OptimizerRun, checks: Mapping[str, Check]) -> Iterator[str]:
    kept = dict.fromkeys(quantity for state in run.states for quantity in state)
    known = [name for name in kept if name in checks]
    for name in kept:
        if checks and name not in (*known, COUNT):
            yield f"state: got {name!r}, which the recurrence does not have; it has {', '.join(known) or 'none'}"


def _checks(run: OptimizerRun, recurrences: Sequence[Optimizer], arithmetic: Arithmetic) -> dict[str, Check]:
    moving = [name for name, leaf in run.leaves.items() if not leaf.frozen]
    groups: dict[Optimizer, list[str]] = {}
    for name in moving:
        groups.setdefault(recurrences[min(run.leaves[name].group, len(recurrences) - 1)], []).append(name)
    parts: dict[str, list[SideBySide]] = {}
    for recurrence, names in groups.items():
        for quantity, compared in _group(run, recurrence, names, arithmetic).items():
            parts.setdefault(quantity, []).append(compared)
    checks = {"start": unchanged({n: a[:1] for n, a in run.memory.items()}, run.starts).check("start")}
    checks |= {name: joined(several).check(name, arithmetic.updates.largest) for name, several in parts.items()}
    checks["memory"] = unchanged(*run.beside_parameters()).check("memory")
    checks["grad"] = unchanged(run.gradients_after, run.gradients).check("grad")
    counted = {n: _counts(run, n) for n in moving if all(n in state.get(COUNT, {}) for state in run.states[1:])}
    if counted:
        steps: FloatArray = np.arange(1, run.steps + 1, dtype=np.float64)
        checks[COUNT] = unchanged(counted, dict.fromkeys(counted, steps)).check(COUNT)
    return checks


def _counts(run: OptimizerRun, name: str) -> FloatArray:
    return np.array([state[COUNT][name].values for state in run.states[1:]], dtype=np.float64)


def _group(
    run: OptimizerRun, recurrence: Optimizer, names: Sequence[str], arithmetic: Arithmetic
) -> dict[str, SideBySide]:
    """Parameters and state after each step beside what the recurrence makes of those before it.

    A recurrence goes entry by entry: all its parameters are taken side by side, in one array. What is kept once for a
    whole parameter stands there as often as the parameter has entries.
    """
    d, params = Updates(arithmetic), _side_by_side(run.parameter(name) for name in names)
    grads = _side_by_side(run.gradient(name) for name in names)
    counts = [run.parameter(name).shape[1] for name in names]
    recorded = [_flat(state, names, counts) for state in run.states]
    shapes = {"param": [run.leaves[name].shape for name in names]}
    found: dict[str, list[Compared]] = {"param": []}
    values: dict[str, dict[str, Value]] = dict(recurrence.init(d, {ALL: d.lift(np.zeros(sum(counts)))}).values)  # type: ignore[arg-type]
    for step in range(run.steps):
        if not all(np.isfinite(array).all() for array in (params[step], *recorded[step].values())):
            break  # how it came to that was said of the step before
        values |= {quantity: {ALL: d.lift(array)} for quantity, array in recorded[step].items()}
        after, state = recurrence.step(d, {ALL: d.lift(params[step])}, {ALL: d.lift(grads[step])}, State(step, values))
        moved = after[ALL]
        found["param"].append((params[step + 1], moved, np.abs(moved.center - params[step])))
        values = dict(state.values)  # type: ignore[arg-type]
        for quantity in values.keys() & recorded[step + 1].keys():
            exact = values[quantity][ALL]
            found.setdefault(quantity, []).append((recorded[step + 1][quantity], exact, np.abs(exact.center)))
            shapes[quantity] = [run.states[step + 1][quantity][name].values.shape for name in names]
    return {
        quantity: _compared(tuple(map(Column, names, counts, shapes[quantity])), several)
        for quantity, several in found.items()
        if several
    }


def _compared(columns: tuple[Column, ...], steps: Sequence[Compared]) -> SideBySide:
    def stacked(arrays: Sequence[FloatArray]) -> FloatArray:
        return np.stack([np.broadcast_to(a, steps[0][0].shape) for a in arrays])

    return SideBySide(
        columns,
        stacked([got for got, _, _ in steps]),
        stacked([exact.center for _, exact, _ in steps]),
        stacked([exact.bound for _, exact, _ in steps]),
        stacked([signal for _, _, signal in steps]),
    )


def _side_by_side(arrays: Iterable[FloatArray]) -> FloatArray:
    return np.concatenate(list(arrays), axis=1)


def _flat(
    state: Mapping[str, Mapping[str, Kept]], names: Sequence[str], counts: Sequence[int]
) -> dict[str, FloatArray]:
    """Each quantity that all these parameters have, but for the count."""
    return {
        quantity: np.concatenate(
            [np.broadcast_to(kept[name].values.reshape(-1), count) for name, count in zip(names, counts, strict=True)]
        )
        for quantity, kept in state.items()
        if quantity != COUNT and all(name in kept for name in names)
    }
