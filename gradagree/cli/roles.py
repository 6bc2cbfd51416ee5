"""Which of the arrays that were seen in a script are x, y, w and b: as told, else by their use, else by their names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradagree.cli.outcome import UsageError
from gradagree.guest.sightings import Data, Packed, Parameter, Sightings
from reference.formats import BY_NAME, dtype_of
from reference.validate import FloatData

# What people call them, the likeliest first; compared in lower case, the last part of a dotted name alone.
CALLED = {
    "x": ("x", "xs", "x_train", "xtrain", "x_data", "inputs", "input", "features", "data"),
    "y": ("y_obs", "y_true", "y_train", "ytrain", "y_data", "y", "ys", "t", "target", "targets", "labels", "label"),
    "w": ("w", "weight", "weights", "slope", "theta", "coef", "m", "a", "k", "w1", "theta1", "beta1"),
    "b": ("b", "bias", "intercept", "c", "offset", "b1", "w0", "theta0", "beta0"),
}


@dataclass(frozen=True)
class Roles:
    """The roles of a script's arrays.

    Parameters
    ----------
    x, y
        `(N, d)` and `(N, m)`.
    w, b
        who they are; `b` is `None` where a column of ones in x gives the intercept.
    ones
        the number of that column.
    told
        each role in words, for the reader to check.
    """

    x: FloatData
    y: FloatData
    w: Parameter
    b: Parameter | None
    ones: int | None
    told: dict[str, str]


def assign(seen: Sightings, wanted: dict[str, str | None], label: str) -> Roles:
    """The roles.

    Parameters
    ----------
    seen
        a script's sightings, of one step at least.
    wanted
        the names that the user gave, by role.
    label
        the script, as messages call it.

    Raises
    ------
    UsageError
        if a role cannot be given to exactly one array, or the shapes are not those of a line.
    """
    w, how_w = _parameter("w", wanted["w"], seen.parameters, (), label)
    rest = [parameter for parameter in seen.parameters if parameter is not w]
    first = seen.steps[0].parameters
    x_data, how_x = _data("x", wanted["x"], seen.data, (), label)
    y_data, how_y = _data("y", wanted["y"], seen.data, (x_data,), label)
    x, y = _matrix("x", x_data, label), _matrix("y", y_data, label)
    b, ones = None, None
    told = {"x": f"{_called(x_data)}, {how_x}", "y": f"{_called(y_data)}, {how_y}", "w": f"`{w.name}`, {how_w}"}
    if not rest and wanted["b"] is None:
        columns = np.flatnonzero((x.astype(np.float64) == 1).all(axis=0))
        if not len(columns):
            raise UsageError(
                f"{label}: only `{w.name}` receives gradients, and x has no column of ones: there is no intercept; "
                "a script that fits y = w x + b, or --b NAME, will do"
            )
        ones = int(columns[0])
        told["b"] = f"`{w.name}[{ones}]`, since column {ones} of x is all ones"
        x = np.delete(x, ones, axis=1)
    else:
        b, how_b = _parameter("b", wanted["b"], rest, (w,), label)
        told["b"] = f"`{b.name}`, {how_b}"
        extra = [parameter.name for parameter in rest if parameter is not b]
        if extra:
            names = ", ".join(f"`{name}`" for name in (w.name, b.name, *extra))
            raise UsageError(f"{label}: {names} all receive gradients; a line has w and b alone")
    if len(x) != len(y):
        raise UsageError(
            f"{label}: x ({_called(x_data)}) has {len(x)} rows and y ({_called(y_data)}) has {len(y)}; "
            "--x NAME and --y NAME with as many rows will do"
        )
    d, m = x.shape[1] + (ones is not None), y.shape[1]
    for parameter, size in ((w, d * m), (b, m)):
        if parameter is not None and np.prod(first[parameter.name]["shape"], dtype=int) != size:
            given, shape = parameter.name, tuple(first[parameter.name]["shape"])
            raise UsageError(
                f"{label}: `{given}` has shape {shape}, where x {x.shape} and y {y.shape} ask for {size} numbers; "
                "--x, --y, --w and --b say which is which"
            )
    return Roles(x, y, w, b, ones, told)


def weights(roles: Roles, values: dict[str, Packed]) -> FloatData:
    """`[w; b]`, `(p, m)`, of one step's parameters or gradients, which are packed by name."""
    m = roles.y.shape[1]
    w = _floats(values[roles.w.name])
    if roles.b is None:
        assert roles.ones is not None
        table = w.reshape(-1, m)
        return np.concatenate([np.delete(table, roles.ones, axis=0), table[roles.ones : roles.ones + 1]])
    table = w.reshape(m, -1).T if roles.w.transposed else w.reshape(-1, m)
    return np.concatenate([table, _floats(values[roles.b.name]).reshape(1, m)])


def _parameter(
    role: str, wanted: str | None, parameters: list[Parameter], others: tuple[Parameter, ...], label: str
) -> tuple[Parameter, str]:
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
            if _last(parameter.name) == name:
                return parameter, "by its name"
    free = [parameter for parameter in parameters if parameter.role is None or parameter.role == role]
    if len(free) == 1:
        return free[0], "the only one left" if others else "the only one"
    names = ", ".join(f"`{parameter.name}`" for parameter in parameters)
    raise UsageError(f"{label}: cannot tell which of {names} is {role}; --{role} NAME will do")


def _data(role: str, wanted: str | None, arrays: list[Data], others: tuple[Data, ...], label: str) -> tuple[Data, str]:
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
            if array.role is None and any(_last(given) == name for given in array.names):
                return array, "by its name"
    raise UsageError(f"{label}: cannot tell which array is {role}; --{role} NAME will do ({_seen(arrays)})")


def _matrix(role: str, array: Data, label: str) -> FloatData:
    shape = tuple(array.values["shape"])
    if len(shape) not in (1, 2) or 0 in shape:
        raise UsageError(f"{label}: {role} ({_called(array)}) has shape {shape}; (rows,) or (rows, columns) will do")
    return _floats(array.values).reshape(shape[0], -1)


def _floats(packed: Packed) -> FloatData:
    """The array in its own dtype; integers and booleans as the float64 that holds them."""
    dtype: Any = dtype_of(packed["dtype"]) if packed["dtype"] in BY_NAME else np.float64
    return np.array(packed["values"], dtype=np.float64).reshape(packed["shape"]).astype(dtype)


def _last(name: str) -> str:
    """The last part of a name, in lower case: `weight` of `model.weight`, `w` of `params['w']`."""
    parts: list[str] = re.findall(r"\w+", name)
    return parts[-1].lower() if parts else name


def _called(array: Data) -> str:
    return f"`{array.names[0]}`" if array.names else f"an unnamed array of shape {tuple(array.values['shape'])}"


def _seen(arrays: list[Data]) -> str:
    named = ", ".join(f"`{array.names[0]}` {tuple(array.values['shape'])}" for array in arrays if array.names)
    return f"seen: {named or 'no arrays with names'}"
