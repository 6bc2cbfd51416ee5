"""Who meets whom in a JAX function: the roles of its arguments, read off its jaxpr, and what is not least squares.

An argument keeps its identity through reshaping, broadcasting and conversion, and loses it in arithmetic. A parameter
that multiplies data is w, one that is added is b; data that are multiplied are x, data that are subtracted are y. Data
may have been computed in the function: then they are computed here too.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal, jaxpr_as_fun

from gradagree.runtime.watching.scope import BARE, LINEAR, Scope

SAME = {"broadcast_in_dim", "reshape", "convert_element_type", "squeeze", "expand_dims", "copy", "copy_p", "transpose"}
LINEARS = {
    *("reduce_sum", "neg", "slice", "dynamic_slice", "gather", "concatenate", "pad", "rev", "cumsum", "real", "split"),
    *("stop_gradient", "reduce_precision", "device_put", "select_n", "dynamic_update_slice", "scatter-add", "scatter"),
}
PRODUCTS = {"mul", "dot_general"}
SUMS = {"add", "add_any", "sub"}
# What a mistake of the catalogue passes through, and what cannot be seen through.
USUAL = {"abs", "sqrt", "log", "while", "scan", "cond", "custom_vjp_call", "pure_callback"}
# Functions of JAX's own that are better known by their names than by what they are made of.
KNOWN = {
    "relu",
    "sigmoid",
    "softmax",
    "log_softmax",
    "gelu",
    "silu",
    "softplus",
    "logsumexp",
    "elu",
    "leaky_relu",
    "logistic",
}


@dataclass
class Graph:
    """What was found, by the names that were given.

    Parameters
    ----------
    roles
        `"w"`, `"b"`, `"x"` or `"y"` by name.
    transposed
        of parameters in a matrix product: whether they are multiplied as `x @ w.T`.
    sources
        the names that x and y are made of.
    computed
        x and y, by role, where the function computes them.
    scope
        what is not least squares.
    """

    roles: dict[str, str] = field(default_factory=dict)
    transposed: dict[str, bool] = field(default_factory=dict)
    sources: dict[str, frozenset[str]] = field(default_factory=dict)
    computed: dict[str, Any] = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)


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
    fun: Any, arguments: Sequence[Any], names: Sequence[str], parameters: set[str], consts: Callable[[Any], str | None]
) -> Graph:
    """The roles of the leaves of `arguments`, which are called `names`.

    Parameters
    ----------
    fun
        the function that is differentiated.
    parameters
        those of the names that gradients are taken for.
    consts
        gives an array that the function closes over its name.
    """
    closed: ClosedJaxpr = jax.make_jaxpr(fun)(*arguments)
    graph = Graph()
    known = {}
    for var, name, leaf in zip(closed.jaxpr.invars, names, jax.tree.leaves(list(arguments)), strict=True):
        known[var] = _Value(name, BARE) if name in parameters else _Value(name, None, False, frozenset([name]), leaf)
    for number, (var, value) in enumerate(zip(closed.jaxpr.constvars, closed.consts, strict=True)):
        called = consts(value)
        known[var] = _Value(called, None, False, frozenset([called or f"constant {number}"]), value)
    _walk(closed.jaxpr, known, graph)
    result = closed.jaxpr.outvars[0]
    kind = None if isinstance(result, Literal) else known.get(result, _Value()).kind
    if kind is not None:
        graph.scope.end(kind)
    return graph


def _walk(jaxpr: Jaxpr, known: dict[Any, _Value], graph: Graph) -> None:
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
            _walk(body, below, graph)
            results = [_Value(array=v.val) if isinstance(v, Literal) else below.get(v, _Value()) for v in body.outvars]
        else:
            results = _results(equation, operands, kinds, graph)
        known.update(zip(equation.outvars, results, strict=False))


def _results(equation: Any, operands: list[_Value], kinds: list[int], graph: Graph) -> list[_Value]:
    name = equation.primitive.name
    if name in SAME:
        given = operands[0]
        array = given.array if name == "broadcast_in_dim" and np.ndim(given.array) else _computed(equation, operands)[0]
        return [_Value(given.name, given.kind, given.turned != (name == "transpose"), given.sources, array)]
    sources = frozenset[str]().union(*(value.sources for value in operands))
    if not kinds:
        return [_Value(None, None, False, sources, array) for array in _computed(equation, operands)]
    _meet(equation, operands, graph)
    kind = _kind(equation, operands, kinds, graph.scope)
    return [_Value(None, kind, False, sources)] * len(equation.outvars)


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


def _kind(equation: Any, operands: list[_Value], kinds: list[int], scope: Scope) -> int:
    name = equation.primitive.name
    if name in LINEARS and not (name == "select_n" and operands[0].kind is not None):
        return max(kinds)
    if name in SUMS:
        return max(kinds) if set(kinds) != {BARE} else LINEAR
    if name in PRODUCTS:
        return scope.product(kinds, any(v.is_data for v in operands), equation.invars[0] is equation.invars[1])
    if name == "square":
        return scope.power(kinds[0], 2)
    if name == "integer_pow":
        return scope.power(kinds[0], equation.params["y"])
    if name == "pow" and operands[1].kind is None:
        exponent = operands[1].array
        return scope.power(kinds[0], float(exponent) if np.ndim(exponent) == 0 and exponent is not None else None)
    if name == "div" and operands[1].kind is None:
        return kinds[0]
    known = equation.params.get("name", name)
    return scope.through(max(kinds), known if known in KNOWN else name, name in USUAL)


def _meet(equation: Any, operands: list[_Value], graph: Graph) -> None:
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
                graph.scope.among_data()
        elif name in PRODUCTS and this.kind == BARE and other.is_data and several[1]:
            role = "w"
            if name == "dot_general" and this.name is not None and len(equation.invars[number].aval.shape) == 2:
                contracted = tuple(equation.params["dimension_numbers"][0][number])
                graph.transposed.setdefault(this.name, this.turned != (contracted == (1,)))
        elif name in ("add", "add_any") and this.kind == BARE and other.kind is not None:
            role = "b"
        elif name == "sub" and this.is_data and other.kind is not None:
            role = "y"
        if role in ("x", "y"):
            _data(role, this, graph)
        if role is not None and this.name is not None:
            if role in ("w", "b") and graph.roles.get(this.name, role) != role:
                graph.scope.note(f"`{this.name}` both multiplies data and is added")
            graph.roles.setdefault(this.name, role)


def _data(role: str, value: _Value, graph: Graph) -> None:
    if role in graph.sources:
        if role == "x" and graph.sources[role] != value.sources:
            graph.scope.doubt("parameters meet several arrays of data")
        return
    graph.sources[role] = value.sources
    if value.name is None:
        graph.computed[role] = value.array
