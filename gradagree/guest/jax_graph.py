"""Who meets whom in a JAX function: the roles of its arguments, read off its jaxpr.

An argument keeps its identity through reshaping, broadcasting and conversion, and loses it in arithmetic. A parameter
that multiplies data is w, one that is added is b; data that are multiplied are x, data that are subtracted are y.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

SAME = {"broadcast_in_dim", "reshape", "convert_element_type", "squeeze", "expand_dims", "copy", "transpose"}
PRODUCTS = {"mul", "dot_general"}


@dataclass
class Graph:
    """The roles found, by the names that were given.

    Parameters
    ----------
    roles
        `"w"`, `"b"`, `"x"` or `"y"` by name.
    transposed
        parameters that are multiplied as `x @ w.T`.
    """

    roles: dict[str, str] = field(default_factory=dict)
    transposed: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Value:
    """An argument, or (without a name) a result of arithmetic."""

    name: str | None
    inside: bool  # depends on a parameter
    turned: bool = False


def read(fun: Any, arguments: Sequence[Any], names: Sequence[str], parameters: set[str], consts: Any) -> Graph:
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
    known = {var: _Value(name, name in parameters) for var, name in zip(closed.jaxpr.invars, names, strict=True)}
    known |= {
        var: _Value(consts(value), False) for var, value in zip(closed.jaxpr.constvars, closed.consts, strict=True)
    }
    _walk(closed.jaxpr, known, graph)
    return graph


def _walk(jaxpr: Jaxpr, known: dict[Any, _Value], graph: Graph) -> None:
    nothing = _Value(None, False)
    for equation in jaxpr.eqns:
        operands = [nothing if isinstance(v, Literal) else known.get(v, nothing) for v in equation.invars]
        inner = next((p for p in equation.params.values() if isinstance(p, (ClosedJaxpr, Jaxpr))), None)
        name = equation.primitive.name
        results = [_Value(None, any(value.inside for value in operands))] * len(equation.outvars)
        if inner is not None:
            body = inner.jaxpr if isinstance(inner, ClosedJaxpr) else inner
            if len(body.invars) == len(operands):
                below = dict(zip(body.invars, operands, strict=True))
                _walk(body, below, graph)
                if len(body.outvars) == len(results):
                    results = [nothing if isinstance(v, Literal) else below.get(v, nothing) for v in body.outvars]
        elif name in SAME:
            (given,) = operands[:1]
            results = [_Value(given.name, given.inside, given.turned != (name == "transpose"))]
        else:
            _meet(name, operands, graph)
        known.update(zip(equation.outvars, results, strict=True))


def _meet(name: str, operands: list[_Value], graph: Graph) -> None:
    for this, other in zip(operands, reversed(operands), strict=True):
        if this.name is None or len(operands) != 2:
            continue
        role = None
        if name in PRODUCTS and this.inside != other.inside and other.name is not None:
            role = "w" if this.inside else "x"
        elif name in ("add", "add_any") and this.inside and other.inside:
            role = "b"
        elif name == "sub" and not this.inside and other.inside:
            role = "y"
        if role is not None:
            graph.roles.setdefault(this.name, role)
            if role == "w" and this.turned:
                graph.transposed.add(this.name)
