"""Watches a PyTorch script: to which leaves `backward()` and `torch.autograd.grad` give which gradients."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Self

import torch
from torch import Tensor

from gradagree.runtime.frameworks.on_torch import gradients
from gradagree.runtime.frameworks.on_torch.gradients import Backward
from gradagree.runtime.frameworks.on_torch.graph import Note, leaves, nodes, notes_of
from gradagree.runtime.frameworks.on_torch.roles import MARK, RoleFinder, copied, packed
from gradagree.runtime.frameworks.on_torch.scope import note_optimizers, scope_of
from gradagree.runtime.watching.names import Namespace, named, namespaces, rates
from gradagree.runtime.watching.observations import Packed, Parameter, Step
from gradagree.runtime.watching.watcher import LARGEST, OTHER_DATA, Known, Watcher


class TorchWatcher(Watcher):
    """Sees every tensor operation, and every call of `torch.autograd.backward` and `.grad`."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.operations = RoleFinder()
        self.passes: list[Backward] = []
        self._tensors: dict[str, Tensor] = {}  # the last object seen for each parameter
        self._leaves: dict[int, Tensor] = {}  # all that ever received a gradient
        self._others = False  # whether parameters came in that were none before
        self._changed = False  # whether the data did
        self._linked = True  # so far each parameter was the one before, or computed from it
        self._data: dict[str, Tensor] = {}  # as at the first gradient
        self._data_names: dict[str, list[str]] = {}

    def __enter__(self) -> Self:
        """Patch `torch.autograd`. `Tensor.backward` goes through its `backward`."""
        self._backward, self._grad = torch.autograd.backward, torch.autograd.grad
        torch.autograd.backward = self._watched(self._backward, gradients.left_in_place)
        torch.autograd.grad = self._watched(self._grad, gradients.returned)
        self.operations.__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *details: Any) -> None:
        """Put `torch.autograd` back."""
        self.operations.__exit__(*details)  # type: ignore[no-untyped-call]
        torch.autograd.backward, torch.autograd.grad = self._backward, self._grad

    def _watched(self, original: Callable[..., Any], result_of: Callable[..., dict[str, Packed | None]]) -> Any:
        @functools.wraps(original)
        def watched(*args: Any, **kwargs: Any) -> Any:
            if self.operations.paused:
                return original(*args, **kwargs)
            self.attempts += 1
            outputs: Any = args[0] if args else kwargs.get("tensors", kwargs.get("outputs"))
            roots = [outputs] if isinstance(outputs, Tensor) else list(outputs)
            loss, spaces = roots[0], namespaces(self.path)
            self.operations.paused = True
            try:
                # Before it, for the graph is gone afterwards.
                order = nodes(roots)
                asked = leaves(roots) if original is self._backward else gradients.inputs(args, kwargs)
                reached = {id(tensor): tensor for tensor in asked}
                notes = notes_of(order)
                held = self._held(list(reached.values()), spaces, notes)
                scope = scope_of(roots, order)
                cleared = original is self._grad or not any(map(gradients.is_left, held.values()))
                # What a parameter was when the graph was built; what it is, where an old graph is asked again.
                reused = bool(self.passes) and self.passes[-1].loss is loss
                kept = {} if reused else {id(t): values for note in notes for t, values in note.entered}
                before = {name: kept.get(id(t)) or packed(t) for name, t in held.items()}
                result = original(*args, **kwargs)
                value = float(loss.detach()) if loss.numel() == 1 else None
                found = rates(spaces)
                self.rates = self.rates or found
                step = Step(before, result_of(held, result, args, kwargs), value, found)
                self.passes.append(Backward(loss, step, cleared))
                self.scope.add(scope)
                self._look_at_data(notes, spaces)
                note_optimizers(self.scope, reached, spaces)
            finally:
                self.operations.paused = False
            return result

        return watched

    def _held(self, reached: list[Tensor], spaces: list[Namespace], notes: list[Note]) -> dict[str, Tensor]:
        """The parameters in sight, by name.

        At first sight they are the leaves of the graph, and what else has a name and requires a gradient; a name then
        stays with a parameter that the script makes anew at each step.
        """
        now = {name: value for name, value in named(spaces) if isinstance(value, Tensor)}
        names = {id(value): name for name, value in reversed(now.items())}
        if self.parameters:
            before = dict(self._tensors)
            self._tensors |= {name: now[name] for name in self.parameters if name in now}
            self._follow(before, reached, names)
            return dict(self._tensors)
        forgotten = [v for v in now.values() if v.is_leaf and v.requires_grad and v.numel() <= LARGEST]
        roles = {id(tensor): (role, turned) for note in reversed(notes) for tensor, role, turned in note.roles}
        both = {id(t) for note in notes for t, role, _ in note.roles if role != roles[id(t)][0]}
        for number, (key, tensor) in enumerate({id(t): t for t in [*reached, *forgotten]}.items(), start=1):
            name = names.get(key, f"parameter {number}")
            if key in both:
                self.scope.note(f"`{name}` both multiplies data and is added")
            role, turned = roles.get(key, (None, None))
            self.parameters[name] = Parameter(name, role, turned, tensor.device.type)
            self._tensors[name] = tensor
        self._leaves = {id(tensor): tensor for tensor in reached}
        return dict(self._tensors)

    def _follow(self, before: dict[str, Tensor], reached: list[Tensor], names: dict[int, str]) -> None:
        """Whether these are still the parameters of the gradient before, for a second training is another matter."""
        held = {id(tensor) for tensor in self._tensors.values()}
        others = [tensor for tensor in reached if id(tensor) not in held and id(tensor) not in self._leaves]
        if others and not self._others:
            self._others = True
            told = ", ".join(f"`{names[id(t)]}`" if id(t) in names else "one without a name" for t in others)
            self.scope.note(f"gradient {len(self.passes)} is taken for parameters that received none before ({told}), "
                            "as where there are two trainings")  # fmt: skip
        linked = any(tensor is before[name] or hasattr(tensor, MARK) for name, tensor in self._tensors.items())
        if self._linked and not linked and len(self.passes) > 1:
            self.scope.note(f"the parameters are made anew before gradient {len(self.passes)}, by no arithmetic on "
                            "those before: there are two trainings")  # fmt: skip
        self._linked = self._linked and linked
        self._leaves.update({id(tensor): tensor for tensor in reached})

    def _look_at_data(self, notes: list[Note], spaces: list[Namespace]) -> None:
        """Which data this gradient was made of: kept the first time, compared from then on."""
        multiplied = [note.x for note in notes if note.x is not None]
        if len({id(x) for x in multiplied}) > 1:
            self.scope.doubt("parameters meet several arrays of data")
        # The last difference is the residual; an update inside the graph may come before it.
        met = {"x": multiplied[:1], "y": [note.y for note in notes if note.y is not None][-1:]}
        for role, tensor in ((role, tensor) for role, tensors in met.items() for tensor in tensors):
            first = self._data.setdefault(role, tensor.detach().clone())
            if not self._changed and not gradients.equal(first, tensor):
                self._changed = True
                self.scope.note(f"gradient {len(self.passes) - 1} {OTHER_DATA} ({role})")
            if not self._data_names.get(role):
                self._data_names[role] = [name for name, value in named(spaces) if value is tensor]

    def recorded_steps(self) -> list[Step]:
        """One for each update."""
        return gradients.steps_of(self.passes)

    def known_data(self, objects: list[tuple[str, Any]]) -> list[Known]:  # noqa: ARG002
        """The data of the first gradient."""
        return [(self._data_names.get(role, []), role, tensor) for role, tensor in self._data.items()]

    def end(self, objects: dict[str, Any]) -> tuple[dict[str, Packed], bool]:
        """By name; a local variable of a function is gone, and its tensor tells if it was updated in place."""
        now = {name: value for name, value in objects.items() if isinstance(value, Tensor)}
        found = {}
        for name, tensor in self._tensors.items():
            if name in now or not self.passes or packed(tensor) != self.passes[-1].step.parameters[name]:
                found[name] = packed(now.get(name, tensor))
        return found, any(name in now and now[name] is not tensor for name, tensor in self._tensors.items())

    def is_data(self, value: Any) -> bool:
        """A tensor of one or two dimensions that needs no gradient."""
        return (
            isinstance(value, Tensor) and not value.requires_grad and value.ndim <= 2 and 1 < value.numel() <= LARGEST
        )

    def copied(self, array: Any) -> Packed | None:
        """A tensor's numbers."""
        return copied(array)
