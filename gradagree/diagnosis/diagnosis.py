"""What a run computes instead of gradient descent."""

from __future__ import annotations

from dataclasses import dataclass

from gradagree.checking.deviation import Deviation
from gradagree.diagnosis.explanation import Explanation


@dataclass(frozen=True)
class Diagnosis:
    """What a run computes instead of gradient descent.

    Parameters
    ----------
    code
        of the best explanation; `None` if there is none, or the run is exact.
    candidates
        codes of all mistakes that explain every step, best first.
    best, runner_up
        the best explanation, and the one that came nearest among those rejected.
    family
        sentences: what else leaves the same record.
    notes
        what else a reader should know.
    pattern
        without an explanation, what is wrong and from which step on; never a guess.
    first_violation
        the first number outside the bound of exact descent.
    """

    code: str | None
    candidates: tuple[str, ...] = ()
    best: Explanation | None = None
    runner_up: Explanation | None = None
    family: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pattern: str = ""
    first_violation: Deviation | None = None

    @property
    def doubtful(self) -> bool:
        """Whether what was found might be a right gradient in a wider arithmetic.

        A mistake without a fitted constant that explains every step, within the plain bounds, is none of rounding.
        """
        return self.best is None or self.best.fitted_constants > 0 or self.best.quantity == "data"
