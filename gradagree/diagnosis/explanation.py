"""One alternative semantics, held against a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradagree.checking.check import deviation_at, ratios
from gradagree.checking.deviation import Deviation
from gradagree.diagnosis.catalogue import Entry
from gradagree.diagnosis.enclosure import OWN, Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction
from reference.dyadic import FloatArray


@dataclass(frozen=True)
class Explanation:
    """What a mistake predicts, and how the run compares with it.

    Parameters
    ----------
    code, name
        of the mistake.
    label
        the prediction in words.
    constants
        constants, as solved for, by name.
    worst_ratio
        the largest error/bound over all steps; infinite where a number is exactly determined and another.
    steps
        how many steps were compared.
    first_violation
        the first comparison outside its bound; `None` if the mistake explains every step.
    predicted
        `(K, p, m)`: the predicted gradients, or next iterates where `quantity` is `"update"`.
    quantity
        what is wrong: `"gradient"`, `"update"`, `"record"` or `"data"`.
    fitted_constants
        how many constants were solved for.
    notes
        of the prediction, a sentence each.
    generality
        0 for a mistake of its own; higher for what holds others as special cases.
    """

    code: str
    name: str
    label: str
    constants: dict[str, float]
    worst_ratio: float
    steps: int
    first_violation: Deviation | None
    predicted: FloatArray
    quantity: str
    fitted_constants: int = 0
    notes: tuple[str, ...] = ()
    generality: int = 0

    @property
    def fits(self) -> bool:
        """Whether every comparison lies within its bound."""
        return self.first_violation is None


@dataclass(frozen=True)
class _Held:
    """A prediction held against one quantity: over how many steps, the largest error/bound, and the first violation."""

    steps: int
    worst_ratio: float
    first_violation: Deviation | None

    @classmethod
    def against(cls, quantity: str, got: FloatArray, error: FloatArray, bound: FloatArray) -> _Held:
        _, ratio, outside = ratios(error, bound)
        off = None
        if outside.any():
            off = deviation_at(quantity, got, error, bound, int(np.argmax(outside)))
        return cls(0 if quantity == "start" else len(got), float(ratio.max(initial=0.0)), off)


EXACT = Prediction("the true gradient and its update")


def explain(
    run: Evidence, mistake: Entry | None, prediction: Prediction, free_start: bool = False
) -> Explanation | None:
    """Compare every step with a prediction; `None` where there was nothing to compare.

    A prediction whose bounds are so wide that exact descent passes as well says nothing, and is not returned either.
    """
    held, informative = [], mistake is None or prediction.informative
    for quantity, actual, predicted, exact in _comparisons(run, prediction):
        steps = min(len(actual), len(predicted))
        if not steps:
            continue
        got, expected = actual.center[:steps], predicted.center[:steps]
        with np.errstate(over="ignore", invalid="ignore"):
            bound = predicted.bound[:steps] + actual.bound[:steps]
            error = got - expected
            bound = np.where(error == 0, bound, bound + OWN * np.abs(error))
            held.append(_Held.against(quantity, got, error, bound))
            apart = np.abs(exact.center[:steps] - expected) > bound + exact.bound[:steps]
            informative = informative or bool(apart.any())
    first = None if free_start and prediction.first is None else _first(run, prediction)
    if first is not None:
        held.append(first)
    informative = informative or prediction.first is not None or "start" in prediction.unpredicted
    if not held or not informative:
        return None
    return _summary(run, mistake, prediction, held)


def _comparisons(run: Evidence, prediction: Prediction) -> list[tuple[str, Enclosure, Enclosure, Enclosure]]:
    """Quantity, what was recorded, what is predicted, and what exact descent would have had."""
    after = Enclosure.exact(run.after)
    true = run.exact if prediction is EXACT else run.true
    if run.reported:
        # Without another word, the gradient is the true one and the update follows what was reported.
        pairs = [
            ("gradient", run.history, prediction.gradient or true, true),
            ("update", after, prediction.after or run.followed, run.followed),
        ]
        return [pair for pair in pairs if pair[0] not in prediction.unpredicted]
    if prediction.after is not None or prediction.gradient is None:
        exact = run.update(true)
        return [("update", after, prediction.after or exact, exact)] if "update" not in prediction.unpredicted else []
    return [("gradient", run.taken, prediction.gradient, true)]


def _first(run: Evidence, prediction: Prediction) -> _Held | None:
    """The start: the given one bit for bit, unless the prediction says another or nothing."""
    if "start" in prediction.unpredicted or not len(run.V):
        return None
    wanted = prediction.first or Enclosure.exact(run.problem.V0[None])
    got = run.V[:1]
    return _Held.against("start", got, got - wanted.center, wanted.bound)


def _summary(run: Evidence, mistake: Entry | None, prediction: Prediction, held: list[_Held]) -> Explanation:
    off = [h.first_violation for h in held if h.first_violation is not None]
    shown = prediction.after if prediction.quantity == "update" and prediction.after else prediction.gradient
    return Explanation(
        code=mistake.code if mistake else "",
        name=mistake.name if mistake else "exact descent",
        label=prediction.label,
        constants=dict(prediction.constants),
        worst_ratio=max(h.worst_ratio for h in held),
        steps=max(h.steps for h in held),
        first_violation=min(off, key=lambda deviation: deviation.step) if off else None,
        predicted=(shown or run.true).center,
        quantity=prediction.quantity,
        fitted_constants=prediction.fitted_constants,
        notes=prediction.notes,
        generality=prediction.generality,
    )
