"""The graph of a PyTorch loss: which leaves it reaches, what was noted of it, and what of it is not least squares."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from gradagree.runtime.watching.observations import Packed
from gradagree.runtime.watching.scope import BARE, LINEAR, Scope

NOTE = "gradagree"  # under which a node's metadata keep what was seen of its operation

# By the node's name without `Backward0`.
PARTS = {"Select", "Slice", "Unbind", "Index", "IndexSelect", "Split", "SplitWithSizes", "Chunk", "Gather"}
TURNS = {"T", "Transpose", "Permute", "Mt", "NumpyT", "Swapaxes"}
SAME = {
    *("View", "UnsafeView", "ReshapeAlias", "Reshape", "Expand", "Squeeze", "Unsqueeze", "Clone", "ToCopy", "Alias"),
    *("AsStrided", "Flatten", "Contiguous"),
}
LINEARS = {
    *(SAME | PARTS | TURNS),
    *(
        "Sum",
        "Mean",
        "Neg",
        "Cat",
        "Stack",
        "Repeat",
        "Flip",
        "Roll",
        "Copy",
        "CopySlices",
        "Cumsum",
        "Trace",
        "Diagonal",
    ),
    *("Nansum", "ConstantPadNd", "IndexPut", "MaskedSelect", "Detach", "Positive", "Unfold", "Tile"),
}
SUMS = {"Add", "Sub", "Rsub"}
PRODUCTS = {"Mul", "Mm", "Mv", "Dot", "Bmm", "Einsum", "Vdot", "Inner", "Linear", "SparseAddmm"}
SHIFTED = {"Addmm": 1, "Addmv": 1, "Addbmm": 1, "Baddbmm": 1}  # the first input is added to a product
# What a mistake of the catalogue passes through: the mean absolute error, and the root of the mean squared one.
USUAL = {"Abs", "Sqrt", "LinalgVectorNorm", "Norm", "Log"}


@dataclass
class Note:
    """What was seen of one operation.

    Parameters
    ----------
    number
        operations are numbered as they happen.
    x, y
        the data that took part, in that role.
    roles
        parameters, with their role and whether they are multiplied as `x @ w.T`; `None` where use does not tell.
    entered
        parameters, with what they were.
    weighted
        whether data multiplied what is no parameter.
    loss
        the name of a loss that the script called by it.
    """

    number: int
    x: Tensor | None = None
    y: Tensor | None = None
    roles: list[tuple[Tensor, str, bool | None]] = field(default_factory=list)
    entered: list[tuple[Tensor, Packed]] = field(default_factory=list)
    weighted: bool = False
    loss: str | None = None


def name_of(node: Any) -> str:
    """`"Mul"` of MulBackward0; the whole name of what is not PyTorch's own."""
    name: str = node.name()
    short = re.fullmatch(r"(\w+?)Backward\d+", name)
    return short.group(1) if short else name


def _note(node: Any) -> Note | None:
    found: Note | None = node.metadata.get(NOTE)
    return found


def nodes(roots: Iterable[Tensor]) -> list[Any]:
    """The nodes that the roots reach, inputs before results."""
    order: list[Any] = []
    seen: set[Any] = set()
    stack = [(root.grad_fn, False) for root in roots if root.grad_fn is not None]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((following, False) for following, _ in node.next_functions if following is not None)
    return order


def leaves(roots: Iterable[Tensor]) -> Iterator[Tensor]:
    """The leaves that will receive gradients, in the order of the walk from the roots."""
    seen: set[Any] = {None}
    queue = []
    for root in roots:
        if root.grad_fn is None and root.requires_grad:
            yield root
        queue.append(root.grad_fn)
    while queue:
        node = queue.pop(0)
        if node in seen:
            continue
        seen.add(node)
        variable = getattr(node, "variable", None)
        if isinstance(variable, Tensor):
            yield variable
        queue.extend(following for following, _ in node.next_functions)  # type: ignore[union-attr]


def notes_of(order: Iterable[Any]) -> list[Note]:
    """What was noted of the nodes, as it happened."""
    found = [_note(node) for node in order]
    return sorted((note for note in found if note is not None), key=lambda note: note.number)


def origin(tensor: Tensor) -> tuple[Tensor, bool] | None:
    """The parameter that a tensor is, whole and only reshaped, and whether transposed; `None` where it is none."""
    if tensor.is_leaf or tensor.retains_grad:
        return tensor, False
    node, turned = tensor.grad_fn, False
    while node is not None:
        variable = getattr(node, "variable", None)
        if isinstance(variable, Tensor):
            return variable, turned
        name = name_of(node)
        if name not in SAME | TURNS:
            return None
        turned ^= name in TURNS
        node = node.next_functions[0][0]
    return None


def bare(tensor: Tensor) -> bool:
    """Whether a tensor is made of parameters alone: parts of them, scaled, before they have met data."""
    queue = [tensor.grad_fn]
    while queue:
        node = queue.pop()
        note = None if node is None else _note(node)
        if node is None or getattr(node, "variable", None) is not None:
            continue
        if name_of(node) not in LINEARS | {"Mul", "Div"} or (note is not None and note.x is not None):
            return False
        queue.extend(following for following, _ in node.next_functions)
    return True


def scope_of(roots: list[Tensor], order: list[Any]) -> Scope:
    """What of the graph is not least squares."""
    found = Scope()
    kinds: dict[Any, int] = {}
    for node in order:
        note = _note(node)
        kinds[node] = _kind(node, [kinds[following] for following, _ in node.next_functions if following is not None],
                            note, found)  # fmt: skip
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
