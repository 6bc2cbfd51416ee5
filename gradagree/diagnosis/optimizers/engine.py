"""Which variant of a recurrence explains every step of an optimizer that does not follow the one that is meant."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gradagree.checking.low_precision import format_of
from gradagree.checking.optimizer import judge
from gradagree.checking.verdict import Judgement
from gradagree.diagnosis.optimizers.constants import fitted
from gradagree.diagnosis.optimizers.reading import named
from gradagree.diagnosis.optimizers.variants import (
    CHANGED_GRADIENT,
    NARROW_STATE,
    OVERWRITTEN,
    Recurrences,
    Variant,
    of_groups,
    variants,
)
from gradagree.diagnosis.optimizers.wrappers import Stored
from gradagree.runtime.optimizing import OptimizerRun
from reference.arithmetic import Arithmetic
from reference.formats import FLOAT32, FLOAT64, rounded

# What does not depend on the recurrence.
BESIDES = frozenset({"grad", "memory", "start"})


@dataclass(frozen=True)
class Explanation:
    """A variant that explains every step, and the judgement of the run as it."""

    variant: Variant
    judgement: Judgement
    arithmetic: Arithmetic

    @property
    def worst_ratio(self) -> float:
        """The largest error/bound of what it predicts."""
        checks = self.judgement.checks.items()
        return max((check.worst_deviation.ratio for name, check in checks if name not in BESIDES), default=0.0)


def explain(
    run: OptimizerRun, recurrences: Recurrences, arithmetic: Arithmetic, judgement: Judgement
) -> list[Explanation]:
    """The variants that explain every step, the plainest first; of a pair of them only where no single one does."""
    if "memory" in judgement.violated:
        return [Explanation(Variant(OVERWRITTEN, "", recurrences), judgement, arithmetic)]
    if not judgement.violated - BESIDES:
        return [Explanation(Variant(CHANGED_GRADIENT, "", recurrences), judgement, arithmetic)]
    found = [*_tried(run, variants(recurrences, run), arithmetic), *_narrow(run, recurrences, arithmetic)]
    wrong = min(
        (c.first_violation for n, c in judgement.checks.items() if n not in BESIDES and c.first_violation),
        key=lambda deviation: deviation.step,
    )
    found = found or [*_tried(run, fitted(run, recurrences, arithmetic, wrong), arithmetic)]
    return found or [*_tried(run, _pairs(recurrences, run), arithmetic)]


def _tried(run: OptimizerRun, tried: Iterator[Variant], arithmetic: Arithmetic) -> Iterator[Explanation]:
    for variant in tried:
        try:
            judgement = judge(named(run, variant.recurrences[0]), variant.recurrences, arithmetic)
        except (ValueError, ZeroDivisionError):  # options that do not go together
            continue
        if judgement.checks and not judgement.violated - BESIDES:
            yield Explanation(variant, judgement, arithmetic)


def _pairs(recurrences: Recurrences, run: OptimizerRun) -> Iterator[Variant]:
    """Two at a time, under the first one's code."""
    for first in variants(recurrences, run):
        if not dataclasses.is_dataclass(first.recurrences[0]) or hasattr(first.recurrences[0], "inner"):
            continue
        for second in variants(first.recurrences, run):
            if first.code < second.code:
                yield Variant(first.code, f"{first.label}, and {second.label}", second.recurrences)


def _narrow(run: OptimizerRun, recurrences: Recurrences, arithmetic: Arithmetic) -> Iterator[Explanation]:
    """State that is kept in a narrower format than the parameters: all its numbers are of it.

    Of what is kept once, as NAdam's product of momenta and ASGD's rate, float32 among float64 is tried.
    """
    if arithmetic.updates == FLOAT64 and arithmetic.scalars is None:
        label = "what follows from hyperparameters alone is kept in float32"
        narrower = dataclasses.replace(arithmetic, scalars=FLOAT32)
        yield from _tried(run, iter([Variant(NARROW_STATE, label, recurrences)]), narrower)
    reading = named(run, recurrences[0])
    for quantity in sorted({quantity for state in reading.states for quantity in state}):
        kept = [each for state in reading.states[1:] for each in state.get(quantity, {}).values()]
        values = np.concatenate([each.values.reshape(-1) for each in kept]) if kept else np.zeros(0)
        narrow = format_of(values)
        if narrow is None or narrow.contains(arithmetic.updates):
            continue
        wide = dataclasses.replace(arithmetic, storage=narrow, parameters=None)
        label = f"{quantity} is kept in {narrow.name}"
        yield from _tried(run, iter([Variant(NARROW_STATE, label, of_groups(Stored, recurrences))]), wide)


def epsilon_vanishes(recurrences: Recurrences, dtype: str) -> bool:
    """Whether ε is 0 in a dtype, where the recurrence has one."""
    eps = getattr(recurrences[0], "eps", 0.0)
    return bool(eps) and float(rounded(np.asarray(eps), dtype)) == 0.0
