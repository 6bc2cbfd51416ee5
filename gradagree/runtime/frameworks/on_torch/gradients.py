"""Which gradient a backward pass gave to which tensor, where it left it; and which passes make one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from gradagree.runtime.frameworks.on_torch.roles import copied, packed
from gradagree.runtime.watching.observations import Packed, Step

Held = dict[str, Tensor]


@dataclass
class Backward:
    """One backward pass."""

    loss: Tensor
    step: Step
    cleared: bool  # no gradient was left from before


def steps_of(passes: list[Backward]) -> list[Step]:
    """One for each step: a pass at the point of the one before, on top of its gradient, belongs to that."""
    merged: list[Backward] = []
    for each in passes:
        if merged and not each.cleared and each.step.parameters == merged[-1].step.parameters:
            merged.pop()
        merged.append(each)
    # Where nothing ever moves, each pass was a step that failed to.
    return [each.step for each in (merged if len(merged) > 1 else passes)]


def left_in_place(held: Held, *_: Any) -> dict[str, Packed | None]:
    """What backward left in `.grad`."""
    return _packed({name: _gradient(tensor) for name, tensor in held.items()})


def returned(held: Held, result: Any, args: Any, kwargs: Any) -> dict[str, Packed | None]:
    """What `torch.autograd.grad` returned for each parameter; nothing for those it was not asked for."""
    given = {id(tensor): gradient for tensor, gradient in zip(inputs(args, kwargs), result, strict=True)}
    return _packed({name: given.get(id(tensor)) for name, tensor in held.items()})


def inputs(args: Any, kwargs: Any) -> list[Tensor]:
    """What `torch.autograd.grad` is asked for."""
    found = args[1] if len(args) > 1 else kwargs["inputs"]
    return [found] if isinstance(found, Tensor) else list(found)


def is_left(tensor: Tensor) -> bool:
    """Whether there is a gradient in `.grad`, one of zeros left out."""
    gradient = _gradient(tensor)
    return gradient is not None and bool(gradient.any())


def equal(first: Tensor, second: Tensor) -> bool:
    """Whether two arrays of data hold the same, NaN for NaN."""
    if first.shape != second.shape or first.dtype != second.dtype:
        return False
    try:
        return bool(((first == second) | ((first != first) & (second != second))).all())
    except Exception:  # sparse ones, say
        return copied(first) == copied(second)


def _gradient(tensor: Tensor) -> Tensor | None:
    # A result of a computation has no .grad, and torch warns whoever asks for it.
    return tensor.grad if tensor.is_leaf or tensor.retains_grad else None


def _packed(found: dict[str, Tensor | None]) -> dict[str, Packed | None]:
    return {name: None if gradient is None else packed(gradient) for name, gradient in found.items()}
