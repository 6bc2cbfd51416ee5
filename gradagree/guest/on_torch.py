"""Watches a PyTorch script: to which leaves `backward()` and `torch.autograd.grad` give which gradients."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gradagree.guest.names import Namespace, named, namespaces, rates
from gradagree.guest.sightings import Data, Packed, Parameter, Sightings, Step
from gradagree.guest.torch_meetings import LARGEST, Meetings, packed


def watch(path: str) -> TorchWatch:
    """The watcher of the script at `path`."""
    return TorchWatch(path)


@dataclass
class _Event:
    """One backward pass."""

    loss: Tensor
    step: Step
    cleared: bool  # no gradient was left from before


class TorchWatch:
    """While entered, sees every tensor operation, and every call of `torch.autograd.backward` and `.grad`."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.meetings = Meetings()
        self.events: list[_Event] = []
        self.attempts = 0
        self.parameters: dict[str, Parameter] = {}
        self.changed_at: int | None = None
        self._tensors: dict[str, Tensor] = {}  # the last object seen for each parameter
        self._data: dict[str, Tensor] = {}
        self._data_names: dict[str, list[str]] = {}
        self._rates: dict[str, float] = {}

    def __enter__(self) -> TorchWatch:
        """Patch `torch.autograd`. `Tensor.backward` goes through its `backward`."""
        self._backward, self._grad = torch.autograd.backward, torch.autograd.grad
        torch.autograd.backward = self._watched(self._backward, _left_in_place)
        torch.autograd.grad = self._watched(self._grad, _returned)
        self.meetings.__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *details: Any) -> None:
        """Put `torch.autograd` back."""
        self.meetings.__exit__(*details)  # type: ignore[no-untyped-call]
        torch.autograd.backward, torch.autograd.grad = self._backward, self._grad

    def _watched(self, original: Callable[..., Any], gradients: Callable[..., dict[str, Packed | None]]) -> Any:
        @functools.wraps(original)
        def watched(*args: Any, **kwargs: Any) -> Any:
            if self.meetings.paused:
                return original(*args, **kwargs)
            self.attempts += 1
            outputs: Any = args[0] if args else kwargs.get("tensors", kwargs.get("outputs"))
            loss = outputs if isinstance(outputs, Tensor) else next(iter(outputs))
            spaces = namespaces(self.path)
            self.meetings.paused = True
            try:
                held = self._held(list(_leaves(loss)), spaces)
                cleared = original is self._grad or all(_gradient(tensor) is None for tensor in held.values())
                # What a parameter was when the graph was built; what it is, where an old graph is asked again.
                reused = bool(self.events) and self.events[-1].loss is loss
                kept = {} if reused else self.meetings.entered
                before = {name: kept[id(t)][1] if id(t) in kept else packed(t) for name, t in held.items()}
                result = original(*args, **kwargs)
                value = float(loss.detach()) if loss.numel() == 1 else None
                step = Step(before, gradients(held, result, args, kwargs), value)
                self.events.append(_Event(loss, step, cleared))
                self._compare_data(spaces)
            finally:
                self.meetings.paused = False
            return result

        return watched

    def _held(self, leaves: list[Tensor], spaces: list[Namespace]) -> dict[str, Tensor]:
        """The parameters in sight, by name.

        At first sight they are the leaves of the graph, and what else has a name and requires a gradient; a name then
        stays with a parameter that the script makes anew at each step.
        """
        now = {name: value for name, value in named(spaces) if isinstance(value, Tensor)}
        if not self.parameters:
            names = {id(value): name for name, value in reversed(now.items())}
            forgotten = [v for v in now.values() if v.is_leaf and v.requires_grad and v.numel() <= LARGEST]
            unique = {id(tensor): tensor for tensor in [*leaves, *forgotten]}
            for number, tensor in enumerate(unique.values(), start=1):
                name = names.get(id(tensor), f"parameter {number}")
                _, role, transposed = self.meetings.roles.get(id(tensor), (None, None, False))
                self.parameters[name] = Parameter(name, role, transposed, tensor.device.type)
                self._tensors[name] = tensor
        for name in self.parameters:
            self._tensors[name] = now.get(name, self._tensors[name])
        return dict(self._tensors)

    def _compare_data(self, spaces: list[Namespace]) -> None:
        """Which data this loss was made of: kept the first time, compared from then on."""
        self._rates = self._rates or rates(spaces)
        for role, tensor in self.meetings.data.items():
            first = self._data.setdefault(role, tensor)
            if first is not tensor and self.changed_at is None and not _same(first, tensor):
                self.changed_at = len(self.events) - 1
            if not self._data_names.get(role):
                self._data_names[role] = [name for name, value in named(spaces) if value is tensor]
        self.meetings.forget()

    def sightings(self, space: Namespace) -> Sightings:
        """All that was seen; passes that only added to the gradient of an unchanged point are one step."""
        now = {name: value for name, value in named([space]) if isinstance(value, Tensor)}
        found = [Data(self._data_names.get(role, []), role, packed(tensor)) for role, tensor in self._data.items()]
        shown = {name for entry in found for name in entry.names}
        for name, value in now.items():
            if name not in shown and not value.requires_grad and 1 < value.numel() <= LARGEST and value.ndim <= 2:
                found.append(Data([name], None, packed(value)))
        end = {}
        for name, tensor in self._tensors.items():
            # A local variable of a function is gone; its tensor still tells the end if it was updated in place.
            if name in now or not self.events or packed(tensor) != self.events[-1].step.parameters[name]:
                end[name] = packed(now.get(name, tensor))
        return Sightings(
            parameters=list(self.parameters.values()),
            data=found,
            steps=[event.step for event in _steps(self.events)],
            end=end,
            rates=self._rates or rates([space]),
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
    if loss.grad_fn is None and loss.requires_grad:
        yield loss
    seen: set[Any] = {None}
    nodes = [loss.grad_fn]
    while nodes:
        node = nodes.pop(0)
        if node in seen:
            continue
        seen.add(node)
        variable = getattr(node, "variable", None)
        if isinstance(variable, Tensor):
            yield variable
        nodes.extend(following for following, _ in node.next_functions)  # type: ignore[union-attr]


def _left_in_place(held: dict[str, Tensor], *_: Any) -> dict[str, Packed | None]:
    """What backward left in `.grad`."""
    found = {name: _gradient(tensor, empty=False) for name, tensor in held.items()}
    return {name: None if gradient is None else packed(gradient) for name, gradient in found.items()}


def _returned(held: dict[str, Tensor], result: Any, args: Any, kwargs: Any) -> dict[str, Packed | None]:
    """What `torch.autograd.grad` returned for each parameter; nothing for those it was not asked for."""
    inputs = args[1] if len(args) > 1 else kwargs["inputs"]
    asked = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    given = {id(tensor): gradient for tensor, gradient in zip(asked, result, strict=True)}
    found = {name: given.get(id(tensor)) for name, tensor in held.items()}
    return {name: None if gradient is None else packed(gradient) for name, gradient in found.items()}


def _same(first: Tensor, tensor: Tensor) -> bool:
    """Whether two tensors hold the same, NaN in the same places."""
    return first.shape == tensor.shape and bool(torch.isclose(first, tensor, rtol=0, atol=0, equal_nan=True).all())


def _gradient(tensor: Tensor, empty: bool = True) -> Tensor | None:
    """`.grad`, `None` for one of zeros where `empty`."""
    # A result of a computation has no .grad, and torch warns whoever asks for it.
    gradient = tensor.grad if tensor.is_leaf or tensor.retains_grad else None
    return None if gradient is None or (empty and not bool(gradient.any())) else gradient
