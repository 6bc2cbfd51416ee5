"""What a run that commits a numeric mistake of the catalogue must have recorded: a function a mistake.

A module is entered here, a function where it is written; its prose is a file of `gradagree.diagnosis.catalogue`.

- `prediction`  what a mistake's function yields, and where it is entered
- `solve`       a free constant: the values that fit every step, and the simplest of them
- `sums`, `moments`  predictions that take more than a line

- `timing`      gradients of other steps than this one
- `scale`       the gradient times a constant
- `formulas`    wrong formulas for the gradient, and shapes that broadcast
- `losses`      gradients of another loss, or with respect to another argument
- `rows`        sums over the rows that went wrong
- `moves`       gradients that are right and updates that are not
- `optimizers`, `clipping`  updates by another rule
- `other_data`, `scaled_data`  exact descent on other data than these
- `precision`   arithmetic in a narrower format
- `records`     runs that are right and records that are not
"""

from gradagree.diagnosis.mistakes import (  # noqa: F401  they enter their functions
    clipping,
    formulas,
    losses,
    moves,
    optimizers,
    other_data,
    precision,
    records,
    rows,
    scale,
    scaled_data,
    timing,
)
from gradagree.diagnosis.mistakes.prediction import PREDICTIONS, Prediction

__all__ = ["PREDICTIONS", "Prediction"]
