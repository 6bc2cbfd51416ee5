"""Which of the arrays that were seen in a script are x, y, w and b: as told, else by their use, else by their names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

import numpy as np

from gradagree.cli.options import Options
from gradagree.cli.role_names import CALLED, called, choose_data, choose_parameter, last_part
from gradagree.errors import UsageError
from gradagree.runtime.watching.observations import Data, Observations, Packed, Parameter
from reference.formats import BY_NAME, dtype_of
from reference.validate import FloatData


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
        the number of that column, or of the entry of w that is the intercept.
    transposed
        whether w has a row for each target.
    assumed
        each role in words, for the reader to check.
    """

    x: FloatData
    y: FloatData
    w: Parameter
    b: Parameter | None
    ones: int | None
    transposed: bool
    assumed: dict[str, str]


def assign(seen: Observations, options: Options, label: str) -> list[Roles]:
    """The roles: one answer, or several where neither shapes nor use tell how the numbers are laid out.

    Parameters
    ----------
    seen
        what was seen of a script, of one step at least.
    options
        the names that the user gave.
    label
        the script, as messages call it.

    Raises
    ------
    UsageError
        if a role cannot be given to exactly one array, or the shapes are not those of a line.
    """
    wanted = {role: getattr(options, role) for role in CALLED}
    parameters = _receiving(seen, {name for name in wanted.values() if name is not None})
    w, how_w = choose_parameter("w", wanted["w"], parameters, (), label)
    rest = [parameter for parameter in parameters if parameter is not w]
    first = seen.steps[0].parameters
    x_data, how_x = choose_data("x", wanted["x"], seen.data, (), label)
    y_data, how_y = choose_data("y", wanted["y"], seen.data, (x_data,), label)
    xs, ys = _matrices("x", x_data, label), _matrices("y", y_data, label)
    assumed = {"x": f"{called(x_data)}, {how_x}", "y": f"{called(y_data)}, {how_y}", "w": f"`{w.name}`, {how_w}"}
    shape = tuple(first[w.name]["shape"])
    b = None
    if rest or wanted["b"] is not None:
        b, how_b = choose_parameter("b", wanted["b"], rest, (w,), label)
        assumed["b"] = f"`{b.name}`, {how_b}"
        extra = [parameter.name for parameter in rest if parameter is not b]
        if extra:
            names = ", ".join(f"`{name}`" for name in (w.name, b.name, *extra))
            raise UsageError(f"{label}: {names} all receive gradients; a line has w and b alone")
    found = []
    for x, y in product(xs, ys):
        if len(x) != len(y):
            continue
        if b is None:
            found += _with_intercept(Roles(x, y, w, None, None, False, assumed), shape)
        elif prod(first[b.name]["shape"]) == y.shape[1]:
            found += _turns(Roles(x, y, w, b, None, False, assumed), shape)
    if not found:
        raise UsageError(f"{label}: {_misfit(xs[0], ys[0], x_data, y_data, w, b, first)}")
    return found


def _receiving(seen: Observations, wanted: set[str]) -> list[Parameter]:
    """The parameters that receive gradients; where that is one alone, also the one that may have been meant to."""
    found = [p for p in seen.parameters if any(step.gradients[p.name] is not None for step in seen.steps)]
    silent = [p for p in seen.parameters if p not in found]
    meant = [p for p in silent if p.role == "b" or last_part(p.name) in CALLED["b"]] if len(silent) > 1 else silent
    return [p for p in seen.parameters if p in found or p.name in wanted or (len(found) < 2 and p in meant)]


def _with_intercept(roles: Roles, shape: tuple[int, ...]) -> list[Roles]:
    """A parameter that holds the intercept too: where a column of x is all ones, or with a number more than x has."""
    (rows, d), m, assumed = roles.x.shape, roles.y.shape[1], roles.assumed
    columns = np.flatnonzero((roles.x.astype(np.float64) == 1).all(axis=0))
    if rows and len(columns) and prod(shape) == d * m:
        ones = int(columns[0])
        more = {"b": f"`{roles.w.name}[{ones}]`, since column {ones} of x is all ones"}
        found = [replace(roles, x=np.delete(roles.x, ones, axis=1), ones=ones, assumed={**assumed, **more})]
    elif prod(shape) == (d + 1) * m:
        found = []
        for ones in range(d + 1):
            more = {"b": f"`{roles.w.name}[{ones}]`, as its gradient tells"}
            found.append(replace(roles, ones=ones, assumed={**assumed, **more}))
    else:
        return []
    return [turned for one in found for turned in _turns(one, shape)]


def _turns(roles: Roles, shape: tuple[int, ...]) -> list[Roles]:
    """With w as it is, `(d, m)`, or transposed: as its shape says, else as its use, else both."""
    d, m = roles.x.shape[1] + (roles.ones is not None), roles.y.shape[1]
    if prod(shape) != d * m:
        return []
    ways = [False, True] if d > 1 and m > 1 else [False]
    if len(shape) == 2 and d != m:
        ways = [shape == (m, d)]
    elif len(ways) > 1 and roles.w.transposed is not None:
        ways = [roles.w.transposed]
    return [replace(roles, transposed=way) for way in ways]


def _misfit(
    x: FloatData, y: FloatData, x_data: Data, y_data: Data, w: Parameter, b: Parameter | None, first: dict[str, Packed]
) -> str:
    """Why the shapes are not those of a line."""
    d, m = x.shape[1], y.shape[1]
    shape = tuple(first[w.name]["shape"])
    if len(x) != len(y):
        return (
            f"x ({called(x_data)}) has {len(x)} rows and y ({called(y_data)}) has {len(y)}; "
            "--x NAME and --y NAME with as many rows will do"
        )
    if b is None and prod(shape) == d * m:
        return (
            f"only `{w.name}` receives gradients, and no column of x ({called(x_data)}) is all ones: models without "
            "an intercept are not checked; a script that fits y = w x + b, or --b NAME, will do"
        )
    if b is None:
        sizes, (given, shape) = f"{d * m} numbers, or {(d + 1) * m} with the intercept", (w.name, shape)
    elif prod(shape) != d * m:
        sizes, given = f"{d * m} numbers", w.name
    else:
        sizes, given, shape = f"{m} numbers", b.name, tuple(first[b.name]["shape"])
    return (
        f"`{given}` has shape {shape}, where x {x.shape} and y {y.shape} ask for {sizes}; "
        "--x, --y, --w and --b say which is which"
    )


def weights(roles: Roles, values: dict[str, Packed]) -> FloatData:
    """`[w; b]`, `(p, m)`, of one step's parameters or gradients, which are packed by name."""
    m = roles.y.shape[1]
    w = _floats(values[roles.w.name])
    table = w.reshape(m, -1).T if roles.transposed else w.reshape(-1, m)
    if roles.b is None:
        assert roles.ones is not None
        return np.concatenate([np.delete(table, roles.ones, axis=0), table[roles.ones : roles.ones + 1]])
    return np.concatenate([table, _floats(values[roles.b.name]).reshape(1, m)])


def _matrices(role: str, array: Data, label: str) -> list[FloatData]:
    """The array with its rows first, and the other way round where it has columns."""
    shape = tuple(array.values["shape"])
    if len(shape) not in (1, 2) or 0 in shape:
        raise UsageError(f"{label}: {role} ({called(array)}) has shape {shape}; (rows,) or (rows, columns) will do")
    values = _floats(array.values).reshape(shape[0], -1)
    return [values, values.T.copy()] if len(shape) == 2 and shape[1] > 1 else [values]


def _floats(packed: Packed) -> FloatData:
    """The array in its own dtype; integers and booleans as the float64 that holds them."""
    dtype: Any = dtype_of(packed["dtype"]) if packed["dtype"] in BY_NAME else np.float64
    return np.array(packed["values"], dtype=np.float64).reshape(packed["shape"]).astype(dtype)
