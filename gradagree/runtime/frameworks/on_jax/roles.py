"""Which arguments of a JAX function are w, b, x and y, read off its jaxpr.

An argument keeps its identity through reshaping, broadcasting and conversion, and loses it in arithmetic. A parameter
that multiplies data is w, one that is added is b; data that are multiplied are x, data that are subtracted are y. Data
may have been computed in the function: then they are computed here too.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal, jaxpr_as_fun

from gradagree.runtime.frameworks.on_jax.scope import KNOWN, PRODUCTS, RESHAPES, USUAL, kind_of
from gradagree.runtime.watching.scope import BARE, Scope


@dataclass
class Roles:
    """What was found, by the names that were given."""

    roles: dict[str, str] = field(default_factory=dict)  # `"w"`, `"b"`, `"x"` or `"y"`
    transposed: dict[str, bool] = field(default_factory=dict)  # in a matrix product: whether multiplied as `x @ w.T`
    sources: dict[str, frozenset[str]] = field(default_factory=dict)  # the names that x and y are made of
    computed: dict[str, Any] = field(default_factory=dict)  # x and y, where the function computes them
    scope: Scope = field(default_factory=Scope)  # what is not least squares


@dataclass(frozen=True)
class _Value:
    """An argument, or (without a name) a result of arithmetic."""

    name: str | None = None
    kind: int | None = None  # how it depends on parameters, `None` where it does not
    turned: bool = False
    sources: frozenset[str] = frozenset()
    array: Any = None  # its numbers, where they are known and depend on no parameter

    @property
    def is_data(self) -> bool:
        return self.kind is None and bool(self.sources)


def read(
    fun: Any,
    arguments: Mapping[str, Any],
    leaves: Mapping[str, Any],
    parameters: set[str],
    consts: Callable[[Any], str | None],
) -> Roles:
    """The roles of the leaves of a function's arguments.

    Parameters
    ----------
    fun
        the function that is differentiated.
    arguments, leaves
        by name; and the leaves of their trees, by path.
    parameters
        those of the paths that gradients are taken for.
    consts
        gives an array that the function closes over its name.
    """
    closed: ClosedJaxpr = jax.make_jaxpr(fun)(*arguments.values())
    found = Roles()
    known = {}
    for var, (name, leaf) in zip(closed.jaxpr.invars, leaves.items(), strict=True):
        known[var] = _Value(name, BARE) if name in parameters else _Value(name, None, False, frozenset([name]), leaf)
    for number, (var, value) in enumerate(zip(closed.jaxpr.constvars, closed.consts, strict=True)):
        called = consts(value)
        known[var] = _Value(called, None, False, frozenset([called or f"constant {number}"]), value)
    _walk(closed.jaxpr, known, found)
    result = closed.jaxpr.outvars[0]
    kind = None if isinstance(result, Literal) else known.get(result, _Value()).kind
    if kind is not None:
        found.scope.end(kind)
    return found


def _walk(jaxpr: Jaxpr, known: dict[Any, _Value], found: Roles) -> None:
    for equation in jaxpr.eqns:
        operands = [_Value(array=v.val) if isinstance(v, Literal) else known.get(v, _Value()) for v in equation.invars]
        inner = next((p for p in equation.params.values() if isinstance(p, (ClosedJaxpr, Jaxpr))), None)
        body = inner.jaxpr if isinstance(inner, ClosedJaxpr) else inner
        kinds = [value.kind for value in operands if value.kind is not None]
        through = not kinds or equation.params.get("name") in KNOWN or equation.primitive.name in USUAL
        if body is not None and len(body.invars) == len(operands) and not through:
            below = dict(zip(body.invars, operands, strict=True))
            if isinstance(inner, ClosedJaxpr):
                below |= {var: _Value(array=value) for var, value in zip(body.constvars, inner.consts, strict=True)}
            _walk(body, below, found)
            results = [_Value(array=v.val) if isinstance(v, Literal) else below.get(v, _Value()) for v in body.outvars]
        else:
            results = _results(equation, operands, kinds, found)
        known.update(zip(equation.outvars, results, strict=False))


def _results(equation: Any, operands: list[_Value], kinds: list[int], found: Roles) -> list[_Value]:
    name = equation.primitive.name
    if name in RESHAPES:
        given = operands[0]
        array = given.array if name == "broadcast_in_dim" and np.ndim(given.array) else _computed(equation, operands)[0]
        return [_Value(given.name, given.kind, given.turned != (name == "transpose"), given.sources, array)]
    sources = frozenset[str]().union(*(value.sources for value in operands))
    if not kinds:
        return [_Value(None, None, False, sources, array) for array in _computed(equation, operands)]
    _meet(equation, operands, found)
    return [_Value(None, kind_of(equation, operands, found.scope), False, sources)] * len(equation.outvars)


def _computed(equation: Any, operands: list[_Value]) -> list[Any]:
    """The results of an equation without parameters, `None` each where not all that they are made of is known."""
    arrays = [value.array for value in operands]
    nothing = [None] * len(equation.outvars)
    if any(array is None or isinstance(array, jax.core.Tracer) for array in arrays):
        return nothing
    try:
        given = {v: array for v, array in zip(equation.invars, arrays, strict=True) if not isinstance(v, Literal)}
        with warnings.catch_warnings(action="ignore"):  # nobody debugs this one
            alone = Jaxpr((), list(given), equation.outvars, [equation])
        return list(jaxpr_as_fun(ClosedJaxpr(alone, ()))(*given.values()))
    except Exception:  # what cannot be computed alone is unknown
        return nothing


def _meet(equation: Any, operands: list[_Value], found: Roles) -> None:
    name = equation.primitive.name
    if len(operands) != 2:
        return
    for number, (this, other) in enumerate(zip(operands, reversed(operands), strict=True)):
        role = None
        several = [operand.aval.size > 1 for operand in (equation.invars[number], equation.invars[1 - number])]
        if name in PRODUCTS and this.is_data and other.kind is not None and several[0]:
            if other.kind == BARE:
                role = "x"
            else:
                found.scope.among_data()
        elif name in PRODUCTS and this.kind == BARE and other.is_data and several[1]:
            role = "w"
            if name == "dot_general" and this.name is not None and len(equation.invars[number].aval.shape) == 2:
                contracted = tuple(equation.params["dimension_numbers"][0][number])
                found.transposed.setdefault(this.name, this.turned != (contracted == (1,)))
        elif name in ("add", "add_any") and this.kind == BARE and other.kind is not None:
            role = "b"
        elif name == "sub" and this.is_data and other.kind is not None:
            role = "y"
        if role in ("x", "y"):
            _data(role, this, found)
        if role is not None and this.name is not None:
            if role in ("w", "b") and found.roles.get(this.name, role) != role:
                found.scope.note(f"`{this.name}` both multiplies data and is added")
            found.roles.setdefault(this.name, role)


def _data(role: str, value: _Value, found: Roles) -> None:
    if role in found.sources:
        if role == "x" and found.sources[role] != value.sources:
            found.scope.doubt("parameters meet several arrays of data")
        return
    found.sources[role] = value.sources
    if value.name is None:
        found.computed[role] = value.array
