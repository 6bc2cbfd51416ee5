"""Operations, each with its derivative beside it, once, over any domain; a tape differentiates what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy.typing as npt

from reference.domains import Domain, Value

Pull = Callable[[Value], Sequence[Value | None]]


@dataclass(frozen=True, eq=False)
class Node:
    """A value, and what pulls the loss's derivative back from it to what it was made of.

    Parameters
    ----------
    value
        in the tape's domain.
    parents
        what it was made of.
    pull
        of the derivative with respect to this value, the derivatives with respect to each parent; `None` for data.
    constant
        whether nothing asks for its derivative, as for data.
    """

    value: Value
    parents: tuple[Node, ...] = ()
    pull: Pull | None = None
    constant: bool = False


class Tape:
    """A program's operations in their order, for the sweep back over them.

    Parameters
    ----------
    domain
        what its numbers are.
    """

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self._nodes: list[Node] = []

    def data(self, values: npt.ArrayLike) -> Node:
        """Numbers that are given: nothing is differentiated by them."""
        return Node(self.domain.lift(values), constant=True)

    def parameter(self, values: npt.ArrayLike) -> Node:
        """What the loss is differentiated by."""
        return Node(self.domain.parameter(values))

    def record(self, value: Value, parents: tuple[Node, ...], pull: Pull) -> Node:
        """The result of an operation."""
        node = Node(value, parents, pull)
        self._nodes.append(node)
        return node

    def gradients(self, loss: Node, parameters: Sequence[Node]) -> Iterator[Value]:
        """The loss's derivative by each of the parameters: one sweep back, contributions to one value added up.

        Source: Griewank & Walther, *Evaluating Derivatives*, 2nd ed., §3.2.
        """
        found: dict[int, Value] = {id(loss): None}  # a loss is differentiated by itself: 1, which no one multiplies by
        for node in reversed(self._nodes):
            if id(node) not in found:
                continue
            for parent, part in zip(node.parents, node.pull(found[id(node)]), strict=True):  # type: ignore[misc]
                if part is not None:
                    key = id(parent)
                    found[key] = self.domain.add(found[key], part) if key in found else part
        return (self.domain.rescale(found[id(parameter)]) for parameter in parameters)
