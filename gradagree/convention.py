"""Conventions of the loss: what the gradient of the mean squared error is multiplied by. None of them is a mistake."""

from __future__ import annotations

from fractions import Fraction

from reference.problem import Problem

LOSSES = {
    "mse": "mean((x @ w + b - y)**2)",
    "half-mse": "mean((x @ w + b - y)**2) / 2",
    "sum": "sum((x @ w + b - y)**2)",
}
NAMES = tuple(LOSSES)


def scale(convention: str, problem: Problem) -> Fraction:
    """The convention's loss over the mean squared error: 1, 1/2 or N m.

    Raises
    ------
    ValueError
        if there is no such convention.
    """
    if convention not in NAMES:
        raise ValueError(f"convention: got {convention!r}; one of {', '.join(NAMES)} will do")
    return {"mse": Fraction(1), "half-mse": Fraction(1, 2), "sum": Fraction(problem.y.size)}[convention]
