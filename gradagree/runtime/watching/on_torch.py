"""Watches a PyTorch script: to which leaves `backward()` and `torch.autograd.grad` give which gradients."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gradagree.runtime.watching.names import Namespace, groups, named, namespaces, rates
from gradagree.runtime.watching.observations import Data, Observations, Packed, Parameter, Step
from gradagree.runtime.watching.scope import Scope
from gradagree.runtime.watching.torch_graph import Note, leaves, nodes, notes_of, scope_of
from gradagree.runtime.watching.torch_roles import LARGEST, MARK, Meetings, copied, packed


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
        self.scope = Scope()
        self._tensors: dict[str, Tensor] = {}  # the last object seen for each parameter
        self._leaves: dict[int, Tensor] = {}  # all that ever received a gradient
        self._others = False  # whether parameters came in that were none before
        self._changed = False  # whether the data did
        self._linked = True  # so far each parameter was the one before, or computed from it
        self._data: dict[str, Tensor] = {}  # as at the first gradient
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
            roots = [outputs] if isinstance(outputs, Tensor) else list(outputs)
            loss, spaces = roots[0], namespaces(self.path)
            self.meetings.paused = True
            try:
                # Before it, for the graph is gone afterwards.
                order = nodes(roots)
                asked = leaves(roots) if original is self._backward else _inputs(args, kwargs)
                reached = {id(tensor): tensor for tensor in asked}
                notes = notes_of(order)
                held = self._held(list(reached.values()), spaces, notes)
                scope = scope_of(roots, order)
                cleared = original is self._grad or all(_gradient(tensor) is None for tensor in held.values())
                # What a parameter was when the graph was built; what it is, where an old graph is asked again.
                reused = bool(self.events) and self.events[-1].loss is loss
                kept = {} if reused else {id(t): values for note in notes for t, values in note.entered}
                before = {name: kept.get(id(t)) or packed(t) for name, t in held.items()}
                result = original(*args, **kwargs)
                value = float(loss.detach()) if loss.numel() == 1 else None
                found = rates(spaces)
                self._rates = self._rates or found
                self.events.append(
                    _Event(loss, Step(before, gradients(held, result, args, kwargs), value, found), cleared)
                )
                self.scope.add(scope)
                self._look_at_data(notes, spaces)
                self._look_at_optimizers(reached, spaces)
            finally:
                self.meetings.paused = False
            return result

        return watched

    def _held(self, reached: list[Tensor], spaces: list[Namespace], notes: list[Note]) -> dict[str, Tensor]:
        """The parameters in sight, by name.

        At first sight they are the leaves of the graph, and what else has a name and requires a gradient; a name then
        stays with a parameter that the script makes anew at each step.
        """
        now = {name: value for name, value in named(spaces) if isinstance(value, Tensor)}
        if not self.parameters:
            names = {id(value): name for name, value in reversed(now.items())}
            forgotten = [v for v in now.values() if v.is_leaf and v.requires_grad and v.numel() <= LARGEST]
            roles = {id(tensor): (role, turned) for note in reversed(notes) for tensor, role, turned in note.roles}
            both = {id(t) for note in notes for t, role, _ in note.roles if role != roles[id(t)][0]}
            for number, (key, tensor) in enumerate({id(t): t for t in [*reached, *forgotten]}.items(), start=1):
                name = names.get(key, f"parameter {number}")
                role, turned = roles.get(key, (None, None))
                if key in both:
                    self.scope.note(f"`{name}` both multiplies data and is added")
                self.parameters[name] = Parameter(name, role, turned, tensor.device.type)
                self._tensors[name] = tensor
            self._leaves = {id(tensor): tensor for tensor in reached}
            return dict(self._tensors)
        before = dict(self._tensors)
        for name in self.parameters:
            self._tensors[name] = now.get(name, before[name])
        self._follow(before, reached, now)
        return dict(self._tensors)

    def _follow(self, before: dict[str, Tensor], reached: list[Tensor], now: dict[str, Tensor]) -> None:
        """Whether these are still the parameters of the gradient before, for a second training is another matter."""
        held = {id(tensor) for tensor in self._tensors.values()}
        others = [tensor for tensor in reached if id(tensor) not in held and id(tensor) not in self._leaves]
        if others and not self._others:
            self._others = True
            names = {id(value): name for name, value in reversed(now.items())}
            told = ", ".join(f"`{names[id(t)]}`" if id(t) in names else "one without a name" for t in others)
            self.scope.note(f"gradient {len(self.events)} is taken for parameters that received none before ({told}), "
                            "as where there are two trainings")  # fmt: skip
        linked = any(tensor is before[name] or hasattr(tensor, MARK) for name, tensor in self._tensors.items())
        if self._linked and not linked and len(self.events) > 1:
            self.scope.note(f"the parameters are made anew before gradient {len(self.events)}, by no arithmetic on "
                            "those before: there are two trainings")  # fmt: skip
        self._linked = self._linked and linked
        self._leaves.update({id(tensor): tensor for tensor in reached})

    def _look_at_data(self, notes: list[Note], spaces: list[Namespace]) -> None:
        """Which data this gradient was made of: kept the first time, compared from then on."""
        # The last difference is the residual; an update inside the graph may come before it.
        met = {"x": [note.x for note in notes if note.x is not None][:1],
               "y": [note.y for note in notes if note.y is not None][-1:]}  # fmt: skip
        if len({id(note.x) for note in notes if note.x is not None}) > 1:
            self.scope.doubt("parameters meet several arrays of data")
        for role, tensors in met.items():
            for tensor in tensors:
                first = self._data.setdefault(role, tensor.detach().clone())
                if not self._changed and not _equal(first, tensor):
                    self._changed = True
                    number = len(self.events) - 1
                    self.scope.note(
                        f"gradient {number} is not taken on the data of gradient 0, in their order ({role})"
                    )
                if not self._data_names.get(role):
                    self._data_names[role] = [name for name, value in named(spaces) if value is tensor]

    def _look_at_optimizers(self, reached: dict[int, Tensor], spaces: list[Namespace]) -> None:
        """What an optimizer that holds these parameters does beside plain descent."""
        for name, value in named(spaces):
            holding = [group for group in groups(value) if any(id(t) in reached for t in group.get("params", ()))]
            if not holding:
                continue
            kind = type(value)
            if kind.__module__.startswith("torch.optim") and kind is not torch.optim.SGD:
                self.scope.note(f"`{name}` is torch.optim.{kind.__name__}")
            for option in ("momentum", "weight_decay", "maximize"):
                if kind is torch.optim.SGD and any(group.get(option) for group in holding):
                    self.scope.note(f"`{name}` has {option}={holding[0].get(option)}")
            if len({float(group.get("lr", 0)) for group in holding}) > 1:
                self.scope.note(f"`{name}` gives its parameters different learning rates")

    def sightings(self, space: Namespace) -> Observations:
        """All that was seen; passes that only added to the gradient of an unchanged point are one step."""
        now = {name: value for name, value in named([space]) if isinstance(value, Tensor)}
        arrays: list[tuple[list[str], str | None, Tensor]]
        arrays = [(self._data_names.get(role, []), role, tensor) for role, tensor in self._data.items()]
        shown = {name for names, _, _ in arrays for name in names}
        for name, value in now.items():
            if name not in shown and not value.requires_grad and 1 < value.numel() <= LARGEST and value.ndim <= 2:
                arrays.append(([name], None, value))
        copies = [(names, role, copied(tensor)) for names, role, tensor in arrays]
        end = {}
        for name, tensor in self._tensors.items():
            # A local variable of a function is gone; its tensor still tells the end if it was updated in place.
            if name in now or not self.events or packed(tensor) != self.events[-1].step.parameters[name]:
                end[name] = packed(now.get(name, tensor))
        return Observations(
            parameters=list(self.parameters.values()),
            data=[Data(names, role, values) for names, role, values in copies if values is not None],
            steps=[event.step for event in _steps(self.events)],
            end=end,
            end_guessed=any(name in now and now[name] is not tensor for name, tensor in self._tensors.items()),
            rates=self._rates or rates([space]),
            attempts=self.attempts,
            outside=self.scope.outside,
            unusual=self.scope.unusual,
            declared=self.scope.declared,
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


def _left_in_place(held: dict[str, Tensor], *_: Any) -> dict[str, Packed | None]:
    """What backward left in `.grad`."""
    found = {name: _gradient(tensor, empty=False) for name, tensor in held.items()}
    return {name: None if gradient is None else packed(gradient) for name, gradient in found.items()}


def _inputs(args: Any, kwargs: Any) -> list[Tensor]:
    """What `torch.autograd.grad` is asked for."""
    inputs = args[1] if len(args) > 1 else kwargs["inputs"]
    return [inputs] if isinstance(inputs, Tensor) else list(inputs)


def _returned(held: dict[str, Tensor], result: Any, args: Any, kwargs: Any) -> dict[str, Packed | None]:
    """What `torch.autograd.grad` returned for each parameter; nothing for those it was not asked for."""
    given = {id(tensor): gradient for tensor, gradient in zip(_inputs(args, kwargs), result, strict=True)}
    found = {name: given.get(id(tensor)) for name, tensor in held.items()}
    return {name: None if gradient is None else packed(gradient) for name, gradient in found.items()}


def _gradient(tensor: Tensor, empty: bool = True) -> Tensor | None:
    """`.grad`, `None` for one of zeros where `empty`."""
    # A result of a computation has no .grad, and torch warns whoever asks for it.
    gradient = tensor.grad if tensor.is_leaf or tensor.retains_grad else None
    return None if gradient is None or (empty and not bool(gradient.any())) else gradient


def _equal(first: Tensor, second: Tensor) -> bool:
    """Whether two arrays of data hold the same, NaN for NaN."""
    if first.shape != second.shape or first.dtype != second.dtype:
        return False
    try:
        return bool(((first == second) | ((first != first) & (second != second))).all())
    except Exception:  # sparse ones, say
        return copied(first) == copied(second)
