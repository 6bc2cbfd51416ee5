"""Which tensors of a PyTorch script's operations are w, b, x and y, found by identity.

A tensor that needs no gradient and meets one that does is data: x where it multiplies, y where it is subtracted. A
parameter that multiplies data is w, one that is added is b. What is seen of an operation stays with its node of the
graph, so that a backward pass finds what it reaches and nothing else: a forward pass alone trains nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from gradagree.runtime.frameworks.on_torch import Torch
from gradagree.runtime.frameworks.on_torch.graph import NOTE, Note, bare, origin
from gradagree.runtime.watching.observations import Packed
from gradagree.runtime.watching.watcher import LARGEST

ELEMENTWISE = {"mul", "multiply", "__mul__", "__rmul__", "dot", "vdot", "inner", "einsum", "tensordot"}  # or untold
PRODUCTS = {"matmul", "__matmul__", "__rmatmul__", "mm", "mv", "bmm", *ELEMENTWISE}
SHIFTED = {"addmm", "addmv", "addbmm", "baddbmm"}
# A loss that the script calls by its name, and that the graph spells in operations which a mistake has too.
LOSSES = {"l1_loss"}
DIFFERENCES = {"sub", "subtract", "__sub__", "rsub", "__rsub__", "__isub__", "sub_", "mse_loss", *LOSSES}
SUMS = {"add", "__add__", "__radd__", "__iadd__"}
HOST = Torch().host
MARK = "_gradagree_follows"  # set on what was computed from a parameter


class RoleFinder(TorchFunctionMode):
    """While entered, and not paused, sees every operation, and notes those that build a graph on their nodes."""

    def __init__(self) -> None:
        super().__init__()
        self.paused = False
        self._number = 0

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Let the operation happen, and note who met whom."""
        result = func(*args, **(kwargs or {}))
        if self.paused or not isinstance(result, Tensor):
            return result
        operands = [*args, *(kwargs or {}).values()]
        tensors = [entry for arg in operands for entry in (arg if isinstance(arg, (list, tuple)) else [arg])]
        tensors = [entry for entry in tensors if isinstance(entry, Tensor)]
        name = getattr(func, "__name__", "")
        givers = [entry for entry in tensors if entry is not result]
        if not name.endswith("_like") and any(entry.requires_grad or hasattr(entry, MARK) for entry in givers):
            setattr(result, MARK, True)
        if result.requires_grad and result.grad_fn is not None and torch.is_grad_enabled():
            self._number += 1
            node: Any = result.grad_fn
            node.metadata[NOTE] = _note(self._number, name, tensors)
        return result


def _note(number: int, operation: str, tensors: list[Tensor]) -> Note:
    note = Note(number, loss=operation if operation in LOSSES else None)
    inside = [entry for entry in tensors if entry.requires_grad]
    data = [entry for entry in tensors if not entry.requires_grad and 1 < entry.numel() <= LARGEST]
    for entry in inside:
        if (entry.is_leaf or entry.retains_grad) and entry.numel() <= LARGEST:
            note.entered.append((entry, packed(entry)))

    def assign(tensor: Tensor, role: str, first: bool | None = None) -> None:
        """`first`: w is the first factor, as in `W @ x`, and has a row for each target unless it is turned."""
        found = origin(tensor) if tensor.requires_grad else None
        if found is not None:
            note.roles.append((found[0], role, None if first is None else first != found[1]))

    factors = tensors[1:] if operation in SHIFTED else tensors
    if operation in DIFFERENCES and inside and data:
        note.y = data[-1]
    elif operation in SUMS:
        for entry in inside:
            assign(entry, "b")
    elif operation == "linear":
        note.x = next((entry for entry in data if entry is tensors[0]), None)
        for entry, role in zip(tensors[1:], ("w", "b"), strict=False):
            assign(entry, role, True)
    elif operation in PRODUCTS | SHIFTED:
        if operation in SHIFTED:
            assign(tensors[0], "b")
        given = [entry for entry in factors if entry.requires_grad]
        met = [entry for entry in factors if any(entry is other for other in data)]
        if met and given:
            # The residual times a weight of each row is no parameter.
            note.weighted = not bare(given[0])
            note.x = None if note.weighted else met[0]
            first = None if operation in ELEMENTWISE else factors[0] is given[0]
            assign(given[0], "w", first)
    return note


def packed(tensor: Tensor) -> Packed:
    """The tensor's numbers as they are now."""
    host = HOST(tensor)
    return {"shape": list(host.values.shape), "dtype": host.dtype, "values": host.values.ravel().tolist()}


def copied(tensor: Tensor) -> Packed | None:
    """The tensor's numbers, `None` where it has none that could be data: sparse, quantized, meta, complex, nested."""
    if tensor.is_complex() or tensor.is_quantized or tensor.is_nested or tensor.device.type == "meta":
        return None
    with warnings.catch_warnings(action="ignore"):
        try:
            return packed(tensor.detach().to_dense() if tensor.layout is not torch.strided else tensor)
        except Exception:  # whatever else there is: what cannot be copied is no data
            return None
