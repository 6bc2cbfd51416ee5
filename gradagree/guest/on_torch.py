"""Watches a PyTorch script: which leaves `backward()` and `torch.autograd.grad` give gradients to, and from which data.

Data and roles are found by identity: a tensor that needs no gradient and meets one that does is data; x where it
multiplies, y where it is subtracted from.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from gradagree.frameworks.on_torch import FRAMEWORK
from gradagree.guest.names import Namespace, named, namespaces, rates
from gradagree.guest.sightings import Data, Packed, Parameter, Sightings, Step

PRODUCTS = {"mul", "multiply", "__mul__", "__rmul__", "matmul", "__matmul__", "__rmatmul__", "mm", "mv", "dot", "einsum"}
DIFFERENCES = {"sub", "subtract", "__sub__", "rsub", "__rsub__", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"}
SUMS = {"add", "__add__", "__radd__", "__iadd__"}
LARGEST = 1_000_000  # numbers in an array that is still looked at


def watch(path: str) -> TorchWatch:
    """The watcher of the script at `path`."""
    return TorchWatch(path)


@dataclass
class _Event:
    """One backward pass."""

    loss: Tensor
    step: Step
    reused: bool  # the graph is that of an earlier loss
    cleared: bool  # no gradient was left from before


class TorchWatch(TorchFunctionMode):
    """While entered, sees every tensor operation, and every call of `torch.autograd.backward` and `.grad`."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.events: list[_Event] = []
        self.attempts = 0
        self.parameters: dict[str, Parameter] = {}
        self.changed_at: int | None = None
        self._tensors: dict[str, Tensor] = {}  # the last object seen for each parameter
        self._roles: dict[int, tuple[Tensor, str, bool]] = {}  # by identity, the tensor kept so that ids stay its own
        self._entered: dict[int, tuple[Tensor, Packed]] = {}  # what a parameter was when the graph was built
        self._data: dict[str, Tensor] = {}
        self._first_data: dict[str, Tensor] = {}
        self._data_names: dict[str, list[str]] = {}
        self._rates: dict[str, float] = {}
        self._busy = False

    def __enter__(self) -> TorchWatch:
        """Patch `torch.autograd`. `Tensor.backward` goes through its `backward`."""
        self._backward, self._grad = torch.autograd.backward, torch.autograd.grad
        torch.autograd.backward = self._wrap(self._backward, self._after_backward)
        torch.autograd.grad = self._wrap(self._grad, self._after_grad)
        super().__enter__()
        return self

    def __exit__(self, *details: Any) -> None:
        """Put `torch.autograd` back."""
        super().__exit__(*details)
        torch.autograd.backward, torch.autograd.grad = self._backward, self._grad

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Let the operation happen, and note who met whom."""
        result = func(*args, **(kwargs or {}))
        if not self._busy and isinstance(result, Tensor) and result.requires_grad and torch.is_grad_enabled():
            self._note(getattr(func, "__name__", ""), [*args, *(kwargs or {}).values()])
        return result

    def _note(self, operation: str, args: list[Any]) -> None:
        tensors = [entry for arg in args for entry in (arg if isinstance(arg, (list, tuple)) else [arg])]
        tensors = [entry for entry in tensors if isinstance(entry, Tensor)]
        inside = [entry for entry in tensors if entry.requires_grad]
        data = [entry for entry in tensors if not entry.requires_grad and 1 < entry.numel() <= LARGEST]
        for entry in inside:
            if (entry.is_leaf or entry.retains_grad) and entry.numel() <= LARGEST:
                self._entered[id(entry)] = (entry, _packed(entry))
        if operation == "linear":
            for entry, role in zip(tensors, ("x", "w", "b"), strict=False):
                self._assign(entry, role, transposed=role == "w")
        elif operation == "addmm":
            for entry, role in zip(tensors, ("b", "x", "w"), strict=False):
                self._assign(entry, role)
        elif operation in PRODUCTS and inside and data:
            self._assign(data[0], "x")
            # The residual times itself, or times a weight of each row, is no parameter.
            if inside[0].is_leaf or inside[0].retains_grad:
                self._assign(inside[0], "w")
        elif operation in DIFFERENCES and inside and data:
            self._assign(data[-1], "y")
        elif operation in SUMS:
            for entry in inside:
                if entry.is_leaf or entry.retains_grad:
                    self._assign(entry, "b")

    def _assign(self, tensor: Tensor, role: str, transposed: bool = False) -> None:
        if role == "x":
            self._data.setdefault(role, tensor)
        elif role == "y":
            # The last difference before backward is the residual; an update inside the graph may come before it.
            self._data[role] = tensor
        else:
            self._roles.setdefault(id(tensor), (tensor, role, transposed))

    def _wrap(self, original: Callable[..., Any], after: Callable[..., None]) -> Callable[..., Any]:
        @functools.wraps(original)
        def watched(*args: Any, **kwargs: Any) -> Any:
            if self._busy:
                return original(*args, **kwargs)
            self.attempts += 1
            outputs = args[0] if args else kwargs.get("tensors", kwargs.get("outputs"))
            loss = outputs if isinstance(outputs, Tensor) else next(iter(outputs))
            spaces = namespaces(self.path)
            self._busy = True
            try:
                leaves = list(_leaves(loss))
                held = self._held(leaves, spaces)
                cleared = all(_no_gradient(tensor) for tensor in held.values())
                reused = any(event.loss is loss for event in self.events[-1:])
                before = {name: self._value(tensor, reused) for name, tensor in held.items()}
                result = original(*args, **kwargs)
                after(loss, held, before, result, args, kwargs, cleared, reused)
                self._look_around(spaces)
            finally:
                self._busy = False
            return result

        return watched

    def _held(self, leaves: list[Tensor], spaces: list[Namespace]) -> dict[str, Tensor]:
        """The parameters in sight, by name.

        A name stays with a parameter that the script makes anew at each step; at first sight the leaves of the graph,
        and what else has a name and requires a gradient, are the parameters.
        """
        names = {id(value): name for name, value in reversed(list(named(spaces))) if isinstance(value, Tensor)}
        now = {name: value for name, value in named(spaces) if isinstance(value, Tensor)}
        if not self.parameters:
            forgotten = [v for v in now.values() if v.is_leaf and v.requires_grad and v.numel() <= LARGEST]
            unique = {id(tensor): tensor for tensor in [*leaves, *forgotten]}
            for number, tensor in enumerate(unique.values(), start=1):
                name = names.get(id(tensor), f"parameter {number}")
                _, role, transposed = self._roles.get(id(tensor), (None, None, False))
                self.parameters[name] = Parameter(name, role, transposed, tensor.device.type)
                self._tensors[name] = tensor
        for name in self.parameters:
            self._tensors[name] = now.get(name, self._tensors[name])
        return dict(self._tensors)

    def _value(self, tensor: Tensor, reused: bool) -> Packed:
        """What the parameter was when the graph was built, or is now where an old graph is asked again."""
        kept = self._entered.get(id(tensor))
        return _packed(tensor) if reused or kept is None else kept[1]

    def _after_backward(
        self, loss: Tensor, held: dict[str, Tensor], before: dict[str, Packed], _result: Any, _args: Any, _kwargs: Any,
        cleared: bool, reused: bool,
    ) -> None:  # fmt: skip
        gradients = {name: _gradient(tensor) for name, tensor in held.items()}
        self._add(loss, before, gradients, cleared, reused)

    def _after_grad(
        self, loss: Tensor, held: dict[str, Tensor], before: dict[str, Packed], result: Any, args: Any, kwargs: Any,
        _cleared: bool, reused: bool,
    ) -> None:  # fmt: skip
        inputs = args[1] if len(args) > 1 else kwargs["inputs"]
        inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
        given = {id(tensor): gradient for tensor, gradient in zip(inputs, result, strict=True)}
        gradients = {
            name: None if given.get(id(tensor)) is None else _packed(given[id(tensor)])
            for name, tensor in held.items()
        }
        self._add(loss, before, gradients, True, reused)

    def _add(
        self, loss: Tensor, before: dict[str, Packed], gradients: dict[str, Packed | None], cleared: bool, reused: bool
    ) -> None:
        value = float(loss.detach()) if loss.numel() == 1 else None
        self.events.append(_Event(loss, Step(before, gradients, value), reused, cleared))

    def _look_around(self, spaces: list[Namespace]) -> None:
        """Which data this loss was made of: kept the first time, compared from then on."""
        self._rates = self._rates or rates(spaces)
        for role, tensor in self._data.items():
            first = self._first_data.setdefault(role, tensor)
            if first is not tensor and self.changed_at is None and not torch.equal(first, tensor):
                self.changed_at = len(self.events) - 1
            if role not in self._data_names or not self._data_names[role]:
                self._data_names[role] = [name for name, value in named(spaces) if value is tensor]
        self._data.clear()
        self._entered.clear()

    def sightings(self, space: Namespace) -> Sightings:
        """All that was seen; passes that only added to the gradient of an unchanged point are one step."""
        self._rates = self._rates or rates([space])
        found = [
            Data(self._data_names.get(role, []), role, _packed(tensor)) for role, tensor in self._first_data.items()
        ]
        shown = {name for entry in found for name in entry.names}
        for name, value in named([space]):
            if name not in shown and isinstance(value, Tensor) and 1 < value.numel() <= LARGEST and value.ndim <= 2:
                if not value.requires_grad:
                    found.append(Data([name], None, _packed(value)))
        end = {}
        now = {name: value for name, value in named([space]) if isinstance(value, Tensor)}
        for name, tensor in self._tensors.items():
            # A local variable of a function is gone; its tensor still tells the end if it was updated in place.
            if name in now or not self.events or _packed(tensor) != self.events[-1].step.parameters[name]:
                end[name] = _packed(now.get(name, tensor))
        return Sightings(
            parameters=list(self.parameters.values()),
            data=found,
            steps=[event.step for event in _steps(self.events)],
            end=end,
            rates=self._rates,
            attempts=self.attempts,
            changed_at=self.changed_at,
        )


def _steps(events: list[_Event]) -> list[_Event]:
    """One event for each step: a pass at the point of the one before, on top of its gradient, belongs to that."""
    merged: list[_Event] = []
    for event in events:
        if merged and not event.cleared and event.step.parameters == merged[-1].step.parameters:
            merged[-1] = event
        else:
            merged.append(event)
    # Where nothing ever moves, each pass was a step that failed to.
    return merged if len(merged) > 1 else events


def _leaves(loss: Tensor) -> Iterator[Tensor]:
    """The leaves of the loss's graph that will receive gradients, in the order of the walk."""
    seen: set[Any] = set()
    nodes = [loss.grad_fn]
    if loss.grad_fn is None and loss.requires_grad:
        yield loss
    while nodes:
        node = nodes.pop(0)
        if node is None or node in seen:
            continue
        seen.add(node)
        variable = getattr(node, "variable", None)
        if isinstance(variable, Tensor):
            yield variable
        nodes.extend(following for following, _ in node.next_functions)


def _no_gradient(tensor: Tensor) -> bool:
    gradient = _grad_of(tensor)
    return gradient is None or not bool(gradient.any())


def _gradient(tensor: Tensor) -> Packed | None:
    gradient = _grad_of(tensor)
    return None if gradient is None else _packed(gradient)


def _grad_of(tensor: Tensor) -> Tensor | None:
    # A result of a computation has no .grad, and torch warns whoever asks for it.
    return tensor.grad if tensor.is_leaf or tensor.retains_grad else None


def _packed(tensor: Tensor) -> Packed:
    host = FRAMEWORK.host(tensor)
    return {"shape": list(host.values.shape), "dtype": host.dtype, "values": host.values.ravel().tolist()}


