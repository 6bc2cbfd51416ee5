"""Conventions of the loss: what the gradient of the mean squared error is multiplied by. None of them is a mistake.

The mean is over all N m entries, as `((x @ w + b - y) ** 2).mean()` takes it: of several targets that is not the mean
over the N rows, which a division by `len(x)` takes.
"""

from __future__ import annotations

from fractions import Fraction

from reference.problem import Problem

LOSSES = {
    "mse": "mean((x @ w + b - y)**2)",
    "row-mse": "sum((x @ w + b - y)**2) / len(x)",
    "half-mse": "mean((x @ w + b - y)**2) / 2",
    "sum": "sum((x @ w + b - y)**2)",
    "half-sum": "sum((x @ w + b - y)**2) / 2",
}
NAMES = tuple(LOSSES)


def scale(convention: str, problem: Problem) -> Fraction:
    """The convention's loss over the mean squared error: 1, m, 1/2, N m or N m/2.

    Raises
    ------
    ValueError
        if there is no such convention.
    """
    if convention not in NAMES:
        raise ValueError(f"convention: got {convention!r}; one of {', '.join(NAMES)} will do")
    targets, entries = problem.y.shape[1], problem.y.size
    scales = {"mse": Fraction(1), "row-mse": Fraction(targets), "half-mse": Fraction(1, 2), "sum": Fraction(entries)}
    return scales["sum"] / 2 if convention == "half-sum" else scales[convention]
