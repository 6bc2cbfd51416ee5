"""The graph of a PyTorch loss: which leaves it reaches, and what was noted of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from gradagree.runtime.watching.observations import Packed

NOTE = "gradagree"  # under which a node's metadata keep what was seen of its operation

# By the node's name without `Backward0`: what keeps the numbers of its input in another shape, or in another order.
RESHAPES = {
    *("View", "UnsafeView", "ReshapeAlias", "Reshape", "Expand", "Squeeze", "Unsqueeze", "Clone", "ToCopy", "Alias"),
    *("AsStrided", "Flatten", "Contiguous"),
}
TURNS = {"T", "Transpose", "Permute", "Mt", "NumpyT", "Swapaxes"}
# What is linear in its input, or a part of it.
LINEARS = {
    *(RESHAPES | TURNS),
    *("Select", "Slice", "Unbind", "Index", "IndexSelect", "Split", "SplitWithSizes", "Chunk", "Gather", "IndexPut"),
    *("Sum", "Mean", "Nansum", "Cumsum", "Trace", "Diagonal", "Neg", "Positive", "Cat", "Stack", "Repeat", "Tile"),
    *("Flip", "Roll", "Copy", "CopySlices", "ConstantPadNd", "MaskedSelect", "Detach", "Unfold"),
}


@dataclass
class Note:
    """What was seen of one operation; operations are numbered as they happen."""

    number: int
    x: Tensor | None = None  # data that took part, in that role
    y: Tensor | None = None
    # Parameters with their role, and whether they are multiplied as `x @ w.T`, where use tells; and what they were.
    roles: list[tuple[Tensor, str, bool | None]] = field(default_factory=list)
    entered: list[tuple[Tensor, Packed]] = field(default_factory=list)
    weighted: bool = False  # whether data multiplied what is no parameter
    loss: str | None = None  # the name of a loss that the script called by it


def name_of(node: Any) -> str:
    """`"Mul"` of MulBackward0; the whole name of what is not PyTorch's own."""
    name: str = node.name()
    short = re.fullmatch(r"(\w+?)Backward\d+", name)
    return short.group(1) if short else name


def note_of(node: Any) -> Note | None:
    """What was noted of a node, `None` where nothing was."""
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
    found = [note_of(node) for node in order]
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
        if name not in RESHAPES | TURNS:
            return None
        turned ^= name in TURNS
        node = node.next_functions[0][0]
    return None


def bare(tensor: Tensor) -> bool:
    """Whether a tensor is made of parameters alone: parts of them, scaled, before they have met data."""
    queue = [tensor.grad_fn]
    while queue:
        node = queue.pop()
        note = None if node is None else note_of(node)
        if node is None or getattr(node, "variable", None) is not None:
            continue
        if name_of(node) not in LINEARS | {"Mul", "Div"} or (note is not None and note.x is not None):
            return False
        queue.extend(following for following, _ in node.next_functions)
    return True
