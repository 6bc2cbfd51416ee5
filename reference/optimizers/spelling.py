"""Optimizers as people write them: `adam(lr=0.01, betas=(0.9, 0.999))`, `optax.adam(0.01)`, `keras.adam(epsilon=1e-8)`.

A name alone is torch's, with torch's arguments and defaults.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reference.optimizers import Optimizer
from reference.optimizers.spelled import as_keras, as_optax, as_torch

Spelling = Callable[..., Optimizer]
FRAMEWORKS: Mapping[str, Mapping[str, Spelling]] = {
    "torch": as_torch.OPTIMIZERS,
    "optax": as_optax.OPTIMIZERS,
    "keras": as_keras.OPTIMIZERS,
}
BELOW_ONE = ("betas", "b1", "b2", "beta_1", "beta_2")


@dataclass(frozen=True)
class Spelled:
    """A recurrence, and what to call it: the framework's name for it with the arguments that were given."""

    optimizer: Optimizer
    name: str


def names() -> list[str]:
    """All names that `parse` knows, torch's without a prefix."""
    return [
        name if framework == "torch" else f"{framework}.{name}"
        for framework, optimizers in FRAMEWORKS.items()
        for name in optimizers
    ]


def parse(text: str) -> Spelled:
    """The recurrence that `text` names: `NAME`, `NAME(ARGUMENT=NUMBER, …)`, and either after `optax.` or `keras.`.

    Raises
    ------
    ValueError
        if it is no such call, there is no optimizer of this name, or it has no such argument or value.
    """
    path, positional, keywords = _read(text)
    framework, _, name = path.rpartition(".")
    spelling = FRAMEWORKS.get(framework or "torch", {}).get(name.lower())
    if spelling is None:
        raise ValueError(f"expected an optimizer, one of {', '.join(names())}, got {path!r}")
    signature = inspect.signature(spelling)
    if len(positional) > len(signature.parameters):
        raise ValueError(f"{path}: expected at most {len(signature.parameters)} arguments, got {len(positional)}")
    given = dict(zip(signature.parameters, positional, strict=False))
    for argument, value in keywords.items():
        if argument not in signature.parameters:
            raise ValueError(f"{path}: expected one of {', '.join(signature.parameters)}, got {argument!r}")
        if argument in given:
            raise ValueError(f"{path}: expected {argument} once, got it twice")
        given[argument] = value
    for argument, parameter in signature.parameters.items():
        if argument in given:
            given[argument] = _checked(f"{path}: {argument}", argument, given[argument], parameter.default)
        elif parameter.default is parameter.empty:
            raise ValueError(f"{path}: expected {argument}, which has no default, got none")
    shown = ", ".join(f"{argument}={value!r}" for argument, value in given.items())
    return Spelled(spelling(**given), f"{path.lower()}({shown})")


def _read(text: str) -> tuple[str, list[Any], dict[str, Any]]:
    """The dotted name, and the arguments by position and by name.

    Raises
    ------
    ValueError
        if the text is no call of a name with literals.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        call = tree if isinstance(tree, ast.Call) else ast.Call(func=tree, args=[], keywords=[])
        path = ast.unparse(call.func)
        if not all(part.isidentifier() for part in path.split(".")):
            raise ValueError(path)
        keywords = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
        return path, [ast.literal_eval(argument) for argument in call.args], keywords
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise ValueError(f"expected an optimizer as 'adam(lr=0.01, betas=(0.9, 0.999))', got {text!r}") from error


def _checked(where: str, argument: str, value: Any, default: Any) -> Any:
    """A value of the kind that the default has.

    Raises
    ------
    ValueError
        if it is of another.
    """
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise ValueError(f"{where}: expected True or False, got {value!r}")
        return value
    if value is None and default is None:
        return value
    if isinstance(default, tuple):
        if not isinstance(value, (tuple, list)) or len(value) != len(default):
            raise ValueError(f"{where}: expected {len(default)} numbers, got {value!r}")
        return tuple(_checked(where, argument, part, 0.0) for part in value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 2.0**1023:
        raise ValueError(f"{where}: expected a finite number that is not negative, got {value!r}")
    if argument in BELOW_ONE and value >= 1:
        raise ValueError(f"{where}: expected a number below 1, got {value!r}")
    return float(value)
