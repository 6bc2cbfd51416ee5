"""What of the graph of a PyTorch loss is not least squares, and which optimizer is not plain descent."""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import Tensor

from gradagree.runtime.frameworks.on_torch.graph import LINEARS, Note, name_of, note_of
from gradagree.runtime.watching.names import Namespace, groups, named
from gradagree.runtime.watching.scope import BARE, LINEAR, Scope

# By the node's name without `Backward0`.
SUMS = {"Add", "Sub", "Rsub"}
PRODUCTS = {"Mul", "Mm", "Mv", "Dot", "Bmm", "Einsum", "Vdot", "Inner", "Linear", "SparseAddmm"}
SHIFTED = {"Addmm", "Addmv", "Addbmm", "Baddbmm"}  # the first input is added to a product
# What a mistake of the catalogue passes through: the mean absolute error, and the root of the mean squared one.
USUAL = {"Abs", "Sqrt", "LinalgVectorNorm", "Norm", "Log"}


def scope_of(roots: list[Tensor], order: list[Any]) -> Scope:
    """What of the graph is not least squares."""
    found = Scope()
    kinds: dict[Any, int] = {}
    for node in order:
        note = note_of(node)
        kinds[node] = _kind(node, [kinds[entry] for entry, _ in node.next_functions if entry is not None], note, found)
        if note is not None and note.weighted:
            found.among_data()
        if note is not None and note.loss is not None:
            found.outside.append(f"its loss is `{note.loss}`")
    for root in roots:
        found.end(kinds.get(root.grad_fn, BARE))
    return found


def _kind(node: Any, given: list[int], note: Note | None, found: Scope) -> int:
    name = name_of(node)
    if not given:
        return BARE
    if name in LINEARS:
        return max(given)
    if name in SUMS:
        return max(given) if set(given) != {BARE} else LINEAR
    if name in PRODUCTS:
        following = [entry for entry, _ in node.next_functions if entry is not None]
        return found.product(given, note is not None and note.x is not None, len(set(following)) == 1)
    if name in SHIFTED:
        added, *factors = ([] if entry is None else [given.pop(0)] for entry, _ in node.next_functions)
        kinds = [kind for factor in factors for kind in factor]
        return max(found.product(kinds, True, False) if kinds else LINEAR, *added, LINEAR)
    if name == "Pow":
        exponent = getattr(node, "_saved_exponent", None)
        return found.power(max(given), float(exponent) if isinstance(exponent, (int, float)) else None)
    if name == "Square":
        return found.power(max(given), 2)
    if name == "MseLoss":
        if getattr(node, "_saved_reduction", None) == 2:
            found.declared = "sum"
        return found.power(max(given), 2)
    if name == "Div" and node.next_functions[1][0] is None:
        return max(given)
    if not node.name().endswith(tuple(f"Backward{digit}" for digit in range(10))):
        return found.through(LINEAR, name, True)  # a function of the script's own, or a compiled one: who knows
    return found.through(max(given), _spoken(name), name in USUAL)


def _spoken(name: str) -> str:
    """`"binary_cross_entropy"` of `"BinaryCrossEntropy"`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def note_optimizers(scope: Scope, reached: dict[int, Tensor], spaces: list[Namespace]) -> None:
    """What an optimizer that holds these parameters does beside plain descent."""
    for name, value in named(spaces):
        holding = [group for group in groups(value) if any(id(t) in reached for t in group.get("params", ()))]
        if not holding:
            continue
        kind = type(value)
        if kind.__module__.startswith("torch.optim") and kind is not torch.optim.SGD:
            scope.note(f"`{name}` is torch.optim.{kind.__name__}")
        for option in ("momentum", "weight_decay", "maximize"):
            if kind is torch.optim.SGD and any(group.get(option) for group in holding):
                scope.note(f"`{name}` has {option}={holding[0].get(option)}")
        if len({float(group.get("lr", 0)) for group in holding}) > 1:
            scope.note(f"`{name}` gives its parameters different learning rates")
