"""What a run that commits a mistake must have recorded, and which function says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gradagree.diagnosis.mistakes.band import Band
from gradagree.diagnosis.mistakes.view import View


@dataclass(frozen=True)
class Prediction:
    """What a run that commits a mistake must have recorded, step by step.

    Parameters
    ----------
    label
        in words, to stand behind "matches": "the sum of all gradients so far".
    gradient
        the reported gradients; `None` for the true ones.
    after
        the next iterates; `None` for an update by the reported gradient.
    first
        the first iterate, `(1, p, m)`; `None` for the start that was given.
    constants
        free constants, by name, as solved for; fixed ones may stand here too.
    free
        how many numbers were solved for.
    silent
        on what it says nothing: of `"gradient"`, `"update"`, `"start"`.
    quantity
        `"gradient"`, `"update"`, `"record"` or `"data"`: what is wrong.
    notes
        a sentence each, shown if this is the explanation.
    telling
        whether there is evidence besides the numbers' sizes, so that bounds may be wide enough for exact descent.
    generality
        0 for a mistake of its own; higher for what holds others as special cases, and counts only where none fits.
    """

    label: str
    gradient: Band | None = None
    after: Band | None = None
    first: Band | None = None
    constants: dict[str, float] = field(default_factory=dict)
    free: int = 0
    silent: frozenset[str] = frozenset()
    quantity: str = "gradient"
    notes: tuple[str, ...] = ()
    telling: bool = False
    generality: int = 0


Semantics = Callable[[View], Iterable[Prediction]]


# By code: what yields a mistake's predictions for a run.
PREDICTIONS: dict[str, Semantics] = {}


def predicts(code: str) -> Callable[[Semantics], Semantics]:
    """Enter the function that it decorates as the semantics of a mistake of the catalogue.

    Raises
    ------
    ValueError
        if another function is entered for that code.
    """

    def enter(semantics: Semantics) -> Semantics:
        if code in PREDICTIONS:
            raise ValueError(f"{code}: got {PREDICTIONS[code].__name__} and {semantics.__name__}; expected one")
        PREDICTIONS[code] = semantics
        return semantics

    return enter
