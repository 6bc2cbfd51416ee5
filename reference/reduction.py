"""How the squared errors become one loss: what its gradient is, over that of the mean squared error.

The mean is over all N m entries, as `((x @ w + b - y) ** 2).mean()` takes it: of several targets that is not the mean
over the N rows, which a division by `len(x)` takes. None of these is a mistake.
"""

from __future__ import annotations

from fractions import Fraction

LOSSES = {
    "mse": "mean((x @ w + b - y)**2)",
    "row-mse": "sum((x @ w + b - y)**2) / len(x)",
    "half-mse": "mean((x @ w + b - y)**2) / 2",
    "sum": "sum((x @ w + b - y)**2)",
    "half-sum": "sum((x @ w + b - y)**2) / 2",
}
NAMES = tuple(LOSSES)


def scale(reduction: str, rows: int, targets: int) -> Fraction:
    """The loss over the mean squared error of `(N, m)` residuals: 1, m, 1/2, N m or N m/2.

    Raises
    ------
    ValueError
        if there is no such reduction.
    """
    if reduction not in NAMES:
        raise ValueError(f"reduction: expected one of {', '.join(NAMES)}, got {reduction!r}")
    whole = {"mse": 1, "row-mse": targets, "half-mse": 1, "sum": rows * targets, "half-sum": rows * targets}
    return Fraction(whole[reduction], 2 if reduction.startswith("half") else 1)
