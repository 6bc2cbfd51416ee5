"""Dot products in every order that a library, a compiler or a reduction kernel may choose.

Each takes factors `left` and `right`, `(N, …)`, and returns `Σ left * right` in the machine's accumulator: N products
and N - 1 additions, however they are arranged.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np

from reference.dyadic import FloatArray
from tools.attack import orders
from tools.trial.machine import Machine

Dot = Callable[[Machine, FloatArray, FloatArray], FloatArray]

LANES = 4


def sequential(machine: Machine, left: FloatArray, right: FloatArray) -> FloatArray:
    """One accumulator, row by row."""
    total = machine.multiply(left[0], right[0], machine.accumulate)
    for a, b in zip(left[1:], right[1:], strict=True):
        total = machine.multiply_add(a, b, total)
    return total


def in_lanes(machine: Machine, left: FloatArray, right: FloatArray) -> FloatArray:
    """Interleaved accumulators, as vector units have them, added up in the end."""
    width = min(LANES, len(left))
    lanes = [sequential(machine, left[k::width], right[k::width]) for k in range(width)]
    return orders.in_turn(np.stack(lanes), _adding(machine))


def pairwise(machine: Machine, left: FloatArray, right: FloatArray) -> FloatArray:
    """A balanced tree: no term is rounded more often than `ceil(log2 N) + 1` times, its product counted."""
    return orders.in_pairs(machine.multiply(left, right, machine.accumulate), _adding(machine))


def random_tree(machine: Machine, left: FloatArray, right: FloatArray) -> FloatArray:
    """Any two partial sums next, drawn at random (the same in every run)."""
    draw = random.Random(len(left))
    nodes: list[int | FloatArray] = list(range(len(left)))

    def value(node: int | FloatArray) -> FloatArray:
        if isinstance(node, int):
            return machine.multiply(left[node], right[node], machine.accumulate)
        return node

    while len(nodes) > 1:
        a, b = (nodes.pop(draw.randrange(len(nodes))) for _ in range(2))
        if isinstance(a, int):
            nodes.append(machine.multiply_add(left[a], right[a], value(b)))
        else:
            nodes.append(machine.add(a, value(b), machine.accumulate))
    return value(nodes[0])


def compensated(machine: Machine, left: FloatArray, right: FloatArray) -> FloatArray:
    """Kahan's summation: each addition's error is put into the next term."""
    return orders.compensated(machine.multiply(left, right, machine.accumulate), _adding(machine))


def _adding(machine: Machine) -> orders.Add:
    return lambda a, b: machine.add(a, b, machine.accumulate)


DOTS: dict[str, Dot] = {
    "sequential": sequential,
    "lanes": in_lanes,
    "pairwise": pairwise,
    "random tree": random_tree,
    "compensated": compensated,
}
