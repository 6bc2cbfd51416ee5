"""Who meets whom in a PyTorch script's operations: the roles of its tensors, found by identity.

A tensor that needs no gradient and meets one that does is data: x where it multiplies, y where it is subtracted. A
parameter that multiplies data is w, one that is added is b.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from gradagree.frameworks.on_torch import FRAMEWORK
from gradagree.guest.sightings import Packed

PRODUCTS = {
    "mul",
    "multiply",
    "__mul__",
    "__rmul__",
    "matmul",
    "__matmul__",
    "__rmatmul__",
    "mm",
    "mv",
    "dot",
    "einsum",
}
DIFFERENCES = {"sub", "subtract", "__sub__", "rsub", "__rsub__", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"}
SUMS = {"add", "__add__", "__radd__", "__iadd__"}
LARGEST = 1_000_000  # numbers in an array that is still looked at


class Meetings(TorchFunctionMode):
    """While entered, and not paused, sees every operation that builds a graph.

    Attributes
    ----------
    roles
        of parameters, by identity: the tensor (kept, so that its id stays its own), its role, whether transposed.
    entered
        what a parameter was when the graph was built, by identity.
    data
        `"x"` and `"y"` of the graph that is being built.
    """

    def __init__(self) -> None:
        super().__init__()
        self.paused = False
        self.roles: dict[int, tuple[Tensor, str, bool]] = {}
        self.entered: dict[int, tuple[Tensor, Packed]] = {}
        self.data: dict[str, Tensor] = {}

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Let the operation happen, and note who met whom."""
        result = func(*args, **(kwargs or {}))
        if not self.paused and isinstance(result, Tensor) and result.requires_grad and torch.is_grad_enabled():
            self._note(getattr(func, "__name__", ""), [*args, *(kwargs or {}).values()])
        return result

    def forget(self) -> None:
        """Begin a new graph."""
        self.data.clear()
        self.entered.clear()

    def _note(self, operation: str, args: list[Any]) -> None:
        tensors = [entry for arg in args for entry in (arg if isinstance(arg, (list, tuple)) else [arg])]
        tensors = [entry for entry in tensors if isinstance(entry, Tensor)]
        inside = [entry for entry in tensors if entry.requires_grad]
        data = [entry for entry in tensors if not entry.requires_grad and 1 < entry.numel() <= LARGEST]
        own = [entry for entry in inside if entry.is_leaf or entry.retains_grad]
        for entry in own:
            if entry.numel() <= LARGEST:
                self.entered[id(entry)] = (entry, packed(entry))
        if operation == "linear":
            for entry, role in zip(tensors, ("x", "w", "b"), strict=False):
                self._assign(entry, role, transposed=role == "w")
        elif operation == "addmm":
            for entry, role in zip(tensors, ("b", "x", "w"), strict=False):
                self._assign(entry, role)
        elif operation in PRODUCTS and inside and data:
            self._assign(data[0], "x")
            # The residual times a weight of each row is no parameter.
            for entry in own[:1]:
                self._assign(entry, "w")
        elif operation in DIFFERENCES and inside and data:
            self._assign(data[-1], "y")
        elif operation in SUMS:
            for entry in own:
                self._assign(entry, "b")

    def _assign(self, tensor: Tensor, role: str, transposed: bool = False) -> None:
        if role == "x":
            self.data.setdefault(role, tensor)
        elif role == "y":
            # The last difference before backward is the residual; an update inside the graph may come before it.
            self.data[role] = tensor
        else:
            self.roles.setdefault(id(tensor), (tensor, role, transposed))


def packed(tensor: Tensor) -> Packed:
    """The tensor's numbers as they are now."""
    host = FRAMEWORK.host(tensor)
    return {"shape": list(host.values.shape), "dtype": host.dtype, "values": host.values.ravel().tolist()}
