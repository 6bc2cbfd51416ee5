"""What a run that commits a mistake must have recorded, and which function says so."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence


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
    fitted_constants
        how many numbers were solved for.
    unpredicted
        on what it says nothing: of `"gradient"`, `"update"`, `"start"`.
    quantity
        `"gradient"`, `"update"`, `"record"` or `"data"`: what is wrong. If not given, the update where only the next
        iterates are predicted, and else the gradient.
    notes
        a sentence each, shown if this is the explanation.
    informative
        whether there is evidence besides the numbers' sizes, so that bounds may be wide enough for exact descent.
    generality
        0 for a mistake of its own; higher for what holds others as special cases, and counts only where none fits.
    """

    label: str
    gradient: Enclosure | None = None
    after: Enclosure | None = None
    first: Enclosure | None = None
    constants: dict[str, float] = field(default_factory=dict)
    fitted_constants: int = 0
    unpredicted: Collection[str] = ()
    quantity: str = ""
    notes: tuple[str, ...] = ()
    informative: bool = False
    generality: int = 0

    def __post_init__(self) -> None:
        if not self.quantity:
            update_alone = self.gradient is None and self.after is not None
            object.__setattr__(self, "quantity", "update" if update_alone else "gradient")


Semantics = Callable[[Evidence], Iterable[Prediction]]

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
