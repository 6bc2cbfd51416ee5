"""Which array plays a role: the one that the user names, else by its use, else by the names that people give."""

from __future__ import annotations

import re

from gradagree.errors import UsageError
from gradagree.runtime.watching.observations import Data, Parameter

# What people call them, the likeliest first; compared in lower case, the last part of a dotted name alone.
CALLED = {
    "x": ("x", "xs", "x_train", "xtrain", "x_data", "inputs", "input", "features", "data"),
    "y": ("y_obs", "y_true", "y_train", "ytrain", "y_data", "y", "ys", "t", "target", "targets", "labels", "label"),
    "w": ("w", "weight", "weights", "slope", "theta", "coef", "m", "a", "k", "w1", "theta1", "beta1"),
    "b": ("b", "bias", "intercept", "c", "offset", "b1", "w0", "theta0", "beta0"),
}


def choose_parameter(
    role: str, wanted: str | None, parameters: list[Parameter], others: tuple[Parameter, ...], label: str
) -> tuple[Parameter, str]:
    """The parameter that plays a role, and how that is known.

    Raises
    ------
    UsageError
        if it cannot be told.
    """
    if wanted is not None:
        for parameter in parameters:
            if parameter.name == wanted:
                return parameter, f"as --{role} says"
        names = ", ".join(f"`{parameter.name}`" for parameter in (*others, *parameters)) or "nothing"
        raise UsageError(f"{label}: --{role} {wanted}: received no gradients; those that did: {names}")
    used = [parameter for parameter in parameters if parameter.role == role]
    if len(used) == 1:
        return used[0], "multiplied by x" if role == "w" else "added to x's product"
    for name in CALLED[role]:
        for parameter in parameters:
            if last_part(parameter.name) == name:
                return parameter, "by its name"
    free = [parameter for parameter in parameters if parameter.role is None or parameter.role == role]
    if len(free) == 1:
        return free[0], "the only one left" if others else "the only one"
    names = ", ".join(f"`{parameter.name}`" for parameter in parameters)
    raise UsageError(f"{label}: cannot tell which of {names} is {role}; --{role} NAME will do")


def choose_data(
    role: str, wanted: str | None, arrays: list[Data], others: tuple[Data, ...], label: str
) -> tuple[Data, str]:
    """The array of data that plays a role, and how that is known.

    Raises
    ------
    UsageError
        if it cannot be told.
    """
    if wanted is not None:
        for array in arrays:
            if wanted in array.names:
                return array, f"as --{role} says"
        raise UsageError(f"{label}: --{role} {wanted}: there is no such array; {_seen(arrays)}")
    left = [array for array in arrays if all(array is not other for other in others)]
    used = [array for array in left if array.role == role]
    if used:
        return used[0], "which the parameters multiply" if role == "x" else "which the prediction is compared with"
    for name in CALLED[role]:
        for array in left:
            if array.role is None and any(last_part(given) == name for given in array.names):
                return array, "by its name"
    raise UsageError(f"{label}: cannot tell which array is {role}; --{role} NAME will do ({_seen(arrays)})")


def last_part(name: str) -> str:
    """The last part of a name, in lower case: `weight` of `model.weight`, `w` of `params['w']`."""
    parts: list[str] = re.findall(r"\w+", name)
    return parts[-1].lower() if parts else name


def called(array: Data) -> str:
    """An array, as messages call it."""
    return f"`{array.names[0]}`" if array.names else f"an unnamed array of shape {tuple(array.values['shape'])}"


def _seen(arrays: list[Data]) -> str:
    named = ", ".join(f"`{array.names[0]}` {tuple(array.values['shape'])}" for array in arrays if array.names)
    return f"seen: {named or 'no arrays with names'}"
