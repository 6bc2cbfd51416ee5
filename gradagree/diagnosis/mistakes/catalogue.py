"""What a mistake is, and the catalogue that they are entered into."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.snippets import RIGHT


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
        `"gradient"`, `"update"`, `"record"` or `"data"`: what is wrong.
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
    unpredicted: frozenset[str] = frozenset()
    quantity: str = "gradient"
    notes: tuple[str, ...] = ()
    informative: bool = False
    generality: int = 0


Semantics = Callable[[Evidence], Iterable[Prediction]]


@dataclass(frozen=True)
class Symptom:
    """What an exception must look like to be a loud mistake's.

    Parameters
    ----------
    kinds
        names of exception types.
    message
        a regular expression, searched for in the message.
    line
        one for the source line that raised; a match counts for the mistake, and its absence against it.
    step
        the step at which it comes, 0 or 1 (which stands for any later one); `None` for any.
    """

    kinds: tuple[str, ...]
    message: str
    line: str | None = None
    step: int | None = None


@dataclass(frozen=True)
class Mistake:
    """One row of the catalogue.

    Parameters
    ----------
    code, name
        `"GD101"` and one line, as a message's headline.
    explanation
        what happens, why, and how it shows.
    remedy
        one or two sentences of advice.
    wrong, right
        a loop that commits it and one that does not, in `framework`; `snippets.complete` makes functions of them.
    loud
        whether it ends in an exception.
    framework
        in whose arrays the loops are written.
    rank
        how often it is seen: 0 everywhere, 1 common, 2 a few sightings, 3 inferred.
    family
        what else leaves the same record, a sentence each.
    semantics
        its predictions for a run; `None` for a loud one.
    symptoms
        the exceptions that it raises.
    """

    code: str
    name: str
    explanation: str
    remedy: str
    wrong: str
    right: str
    loud: bool = False
    framework: str = "torch"
    rank: int = 1
    family: tuple[str, ...] = ()
    semantics: Semantics | None = field(default=None, repr=False, compare=False)
    symptoms: tuple[Symptom, ...] = ()


MISTAKES: dict[str, Mistake] = {}


def silent(
    code: str,
    name: str,
    *,
    explanation: str,
    remedy: str,
    wrong: str,
    framework: str = "torch",
    rank: int = 1,
    family: tuple[str, ...] = (),
    right: str = "",
) -> Callable[[Semantics], Semantics]:
    """Enter a silent mistake; the function that it decorates predicts what a run that commits it records."""

    def enter(semantics: Semantics) -> Semantics:
        _enter(
            Mistake(
                code,
                name,
                explanation,
                remedy,
                wrong.strip("\n"),
                (right or RIGHT[framework]).strip("\n"),
                framework=framework,
                rank=rank,
                family=family,
                semantics=semantics,
            )
        )
        return semantics

    return enter


def loud(
    code: str,
    name: str,
    *,
    explanation: str,
    remedy: str,
    wrong: str,
    symptoms: tuple[Symptom, ...],
    framework: str = "torch",
    rank: int = 0,
    right: str = "",
) -> None:
    """Enter a mistake that ends in an exception."""
    text = (right or RIGHT[framework]).strip("\n")
    _enter(
        Mistake(
            code,
            name,
            explanation,
            remedy,
            wrong.strip("\n"),
            text,
            loud=True,
            framework=framework,
            rank=rank,
            symptoms=symptoms,
        )
    )


def _enter(mistake: Mistake) -> None:
    if mistake.code in MISTAKES:
        raise ValueError(f"code: got {mistake.code} twice; another number will do")
    MISTAKES[mistake.code] = mistake
