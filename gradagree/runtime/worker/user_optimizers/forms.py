"""A PyTorch optimizer, an optax transformation, a plain function of a step: one interface for the three."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from gradagree.runtime.optimizing import Group
from gradagree.runtime.worker.user_optimizers.state import Kept, of_trees

UsersCode = Callable[[], AbstractContextManager[None]]

FORMS = (
    "NAME(params) that returns a torch.optim.Optimizer, NAME() that returns an optax transformation, "
    "or NAME(params, grads, state) that returns params and state"
)
LOOP = ["x", "y", "w", "b", "lr", "steps"]


class FormError(Exception):
    """What was given is no optimizer, or does not behave as one: a sentence that goes on where a label ends."""


def form_of(target: Any) -> type[TorchForm | OptaxForm | StepForm]:
    """How `target` is to be called: by what it is, or else by how many arguments it needs.

    Raises
    ------
    FormError
        if it is no optimizer that can be called in one of the ways.
    """
    if _is_transformation(target):
        return OptaxForm
    if not callable(target):
        raise FormError(f"is a {type(target).__name__}; {FORMS} will do")
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):
        raise FormError(f"does not tell what it takes; {FORMS} will do") from None
    parameters = signature.parameters.values()
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if [p.name for p in positional] == LOOP:
        raise FormError(f"is a training loop, which is checked without --as; with it, {FORMS} will do")
    required = sum(p.default is p.empty for p in positional)
    keywords = [p for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
    forms: dict[int, type[TorchForm | OptaxForm | StepForm]] = {0: OptaxForm, 1: TorchForm, 2: StepForm, 3: StepForm}
    if keywords or required not in forms or (required == 2 and len(positional) < 3):
        raise FormError(f"takes {signature}; {FORMS} will do")
    return forms[required]


class TorchForm:
    """`NAME(params)`, a `torch.optim.Optimizer`: parameter groups with options of their own, where it takes them."""

    def __init__(self, target: Any, groups: list[Group], users_code: UsersCode) -> None:
        torch = importlib.import_module("torch")
        leaves = [{name: torch.nn.Parameter(p) for name, p in group["params"].items()} for group in groups]
        self.params: Mapping[str, Any] = {name: p for each in leaves for name, p in each.items()}
        self.users_code = users_code
        native = [
            {**group, "params": list(each.values())} for group, each in zip(groups, leaves, strict=True)
        ]  # fmt: skip
        with users_code():
            self.optimizer = target(native if len(native) > 1 else native[0]["params"])
        if not isinstance(self.optimizer, torch.optim.Optimizer):
            got = type(self.optimizer).__name__
            raise FormError(f"returned a {got} for params, expected a torch.optim.Optimizer; {FORMS} will do")

    def step(self, grads: Mapping[str, Any]) -> None:
        """`.grad` set, then `optimizer.step()`."""
        for name, parameter in self.params.items():
            parameter.grad = grads.get(name)
        with self.users_code():
            self.optimizer.step()

    def state(self) -> Kept:
        """Of `optimizer.state`, all that is an array or a number."""
        found: Kept = {}
        for name, parameter in self.params.items():
            kept = self.optimizer.state.get(parameter)
            for quantity, value in kept.items() if isinstance(kept, Mapping) else ():
                if tuple(getattr(value, "shape", (-1,))) == tuple(parameter.shape):
                    found.setdefault(str(quantity), {})[name] = value
        return found


class OptaxForm:
    """`NAME()`, an optax transformation, whose updates are added to the parameters in their own dtype."""

    def __init__(self, target: Any, groups: list[Group], users_code: UsersCode) -> None:
        self.params: Mapping[str, Any] = {name: p for group in groups for name, p in group["params"].items()}
        self.users_code = users_code
        with users_code():
            self.transformation = target if _is_transformation(target) else target()
        if not _is_transformation(self.transformation):
            got = type(self.transformation).__name__
            raise FormError(f"returned a {got}, expected an optax transformation (init and update); {FORMS} will do")
        with users_code():
            self.tree = self.transformation.init(self.params)

    def step(self, grads: Mapping[str, Any]) -> None:
        """`update`, and `optax.apply_updates`."""
        optax = importlib.import_module("optax")
        with self.users_code():
            updates, self.tree = self.transformation.update(dict(grads), self.tree, self.params)
            self.params = optax.apply_updates(self.params, updates)

    def state(self) -> Kept:
        """Of the fields of its named tuples."""
        return of_trees(self.tree, self.params)


class StepForm:
    """`step(params, grads, state)`, which returns parameters and state, or parameters alone; state is `None` first."""

    def __init__(self, target: Any, groups: list[Group], users_code: UsersCode) -> None:
        self.params: Mapping[str, Any] = {name: p for group in groups for name, p in group["params"].items()}
        self.target, self.users_code = target, users_code
        self.tree: Any = None

    def step(self, grads: Mapping[str, Any]) -> None:
        """One call."""
        with self.users_code():
            result = self.target(dict(self.params), dict(grads), self.tree)
        if isinstance(result, tuple) and len(result) == 2:
            result, self.tree = result
        if not isinstance(result, Mapping):
            got = type(result).__name__
            raise FormError(f"returned a {got}, expected params and state, or params, a dictionary as it came in")
        if result.keys() != self.params.keys():
            raise FormError(f"returned parameters {_listed(result)}, expected {_listed(self.params)}")
        self.params = {name: _within(before, result[name], name) for name, before in self.params.items()}

    def state(self) -> Kept:
        """Of the dictionaries in its state."""
        return of_trees(self.tree, self.params)


def _within(before: Any, after: Any, name: str) -> Any:
    """A new array's numbers written to where the parameter lies; the array itself where it cannot be written to."""
    for what in ("shape", "dtype"):
        got, wanted = getattr(after, what, None), getattr(before, what)
        if got is None or got != wanted:
            found = type(after).__name__ if got is None else f"{what} {got}"
            raise FormError(f"returned `{name}` as {found}, expected {what} {wanted}, as it came in")
    if after is before or not (isinstance(before, np.ndarray) or hasattr(before, "as_strided")):
        return after
    before[...] = after
    return before


def _is_transformation(value: Any) -> bool:
    return not isinstance(value, type) and callable(getattr(value, "init", None)) and hasattr(value, "update")


def _listed(names: Any) -> str:
    return ", ".join(sorted(map(str, names))) or "none"
