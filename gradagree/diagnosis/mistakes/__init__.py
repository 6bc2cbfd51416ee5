"""What a run that commits a numeric mistake of the catalogue must have recorded: a function a mistake.

- `solve`      a free constant: the values that fit every step, and the simplest of them
- `prediction` what a mistake's function yields, and where it is entered

- `sums`, `moments`, `path`, `adam`  predictions that take more than a line

The functions stand in the other modules, a subject each. A module is entered here, a function where it is written; its
prose is a file of `gradagree.diagnosis.catalogue`.
"""

from gradagree.diagnosis.mistakes import (  # noqa: F401  they enter their functions
    arguments,
    broadcasting,
    clearing,
    clipping,
    formulas,
    graphs,
    halves,
    losses,
    moves,
    optimizers,
    other_data,
    precision,
    records,
    scale,
    scaled_data,
)
from gradagree.diagnosis.mistakes.prediction import PREDICTIONS, Prediction

__all__ = ["PREDICTIONS", "Prediction"]
