"""Linear maps."""

from __future__ import annotations

from reference.domains import Value
from reference.operations import Node, Tape


def affine(tape: Tape, x: Node, w: Node, b: Node) -> Node:
    """`x @ w + b`, whose derivatives are `g wᵀ`, `xᵀ g` and `Σ_i g_i`."""
    d = tape.domain

    def pull(g: Value) -> tuple[Value | None, Value, Value]:
        of_x = None if x.constant else d.matmul(g, d.transpose(w.value))
        return of_x, d.matmul(d.transpose(x.value), g), d.sum_rows(g)

    return tape.record(d.affine(x.value, w.value, b.value), (x, w, b), pull)
