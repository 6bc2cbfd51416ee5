"""Stochastic gradient descent."""

from __future__ import annotations

from dataclasses import dataclass

from reference import validate


@dataclass(frozen=True)
class SGD:
    """`θ ← θ - lr g`.

    Parameters
    ----------
    lr
        the learning rate; the float itself is meant, not the decimal it was written as.

    Raises
    ------
    ValueError
        if it is negative or not finite.
    """

    lr: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "lr", validate.learning_rate(self.lr))
