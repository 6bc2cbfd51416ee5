"""Models, each by its forward alone: `reference.operations` has the derivatives, and `evaluated` runs both."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Protocol

import numpy.typing as npt

from reference.domains import Domain, Value
from reference.operations import Node, Tape
from reference.validate import FloatData

Arrays = Mapping[str, FloatData]


class Model(Protocol):
    """What is trained."""

    def checked(self, data: Arrays, start: Arrays) -> tuple[dict[str, FloatData], dict[str, FloatData]]:
        """The data and the start as own copies in their proper shapes, or a ValueError that names what does not fit."""

    def loss(self, tape: Tape, data: Mapping[str, Node], params: Mapping[str, Node], scale: Fraction) -> Node:
        """The forward: `scale` times the mean loss."""


def evaluated(
    model: Model, d: Domain, data: Arrays, params: Mapping[str, npt.ArrayLike], scale: Fraction = Fraction(1)
) -> tuple[Value, dict[str, Value]]:
    """The loss and its gradients by name, in the domain's numbers.

    Parameters
    ----------
    params
        a leading axis of steps, if there is one, is kept: `(K, d, m)` has K losses and gradients of that shape.
    scale
        what the loss is, over the mean.
    """
    tape = Tape(d)
    given = {name: tape.data(values) for name, values in data.items()}
    leaves = {name: tape.parameter(values) for name, values in params.items()}
    loss = model.loss(tape, given, leaves, scale)
    return loss.value, dict(zip(leaves, tape.gradients(loss, list(leaves.values())), strict=True))
