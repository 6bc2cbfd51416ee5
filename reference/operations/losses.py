"""Losses: what a program ends with."""

from __future__ import annotations

from fractions import Fraction

from reference.domains import Value
from reference.operations import Node, Tape


def squared_error(tape: Tape, prediction: Node, y: Node, factor: Fraction) -> Node:
    """`factor Σ (prediction - y)²`, whose derivative is `2 factor (prediction - y)`."""
    d = tape.domain
    residual = d.subtract(prediction.value, y.value)

    def pull(_: None) -> tuple[Value, None]:
        return d.scale(residual, 2 * factor), None

    return tape.record(d.scale(d.sum_squares(residual), factor), (prediction, y), pull)
