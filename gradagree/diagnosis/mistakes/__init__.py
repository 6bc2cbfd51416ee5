"""The catalogue of mistakes.

Each is one entry, with its code, name, explanation, remedy, a loop that commits it, and what a run that commits it
must have recorded.

- `solve`      a free constant: the values that fit every step, and the simplest of them
- `snippets`   the correct loops, and the frame around a snippet
- `catalogue`  what a mistake is, and how one is entered

- `sums`, `moments`, `path`, `adam`  predictions that take more than a line

The entries stand in the other modules, a subject each; `loud_leaves`, `loud_graphs` and `loud_values` hold those that
end in an exception. A module is entered here, a mistake where it is written.
"""

from gradagree.diagnosis.mistakes import (  # noqa: F401  they enter themselves
    arguments,
    broadcasting,
    clearing,
    clipping,
    formulas,
    graphs,
    halves,
    losses,
    loud_graphs,
    loud_leaves,
    loud_values,
    moves,
    optimizers,
    other_data,
    precision,
    records,
    scale,
    scaled_data,
)
from gradagree.diagnosis.mistakes.catalogue import MISTAKES, Mistake, Prediction, Symptom

MISTAKES = dict(sorted(MISTAKES.items()))

__all__ = ["MISTAKES", "Mistake", "Prediction", "Symptom"]
