"""What each operation of a JAX function makes of what depends on parameters, and what of it is not least squares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradagree.runtime.watching.scope import BARE, LINEAR, Scope

# Primitives that keep the numbers of their input in another shape.
RESHAPES = {
    "broadcast_in_dim",
    "reshape",
    "convert_element_type",
    "squeeze",
    "expand_dims",
    "copy",
    "copy_p",
    "transpose",
}
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
    *("relu", "sigmoid", "softmax", "log_softmax", "gelu", "silu", "softplus", "logsumexp", "elu", "leaky_relu"),
    "logistic",
}


def name_of(equation: Any) -> str:
    """The name of its function, if JAX's own and better known by it; else of its primitive."""
    called = equation.params.get("name")
    return str(called if called in KNOWN else equation.primitive.name)


def kind_of(equation: Any, operands: Sequence[Any], scope: Scope) -> int:
    """How the result depends on parameters, of operands that do at least once.

    Parameters
    ----------
    operands
        with `kind`, `None` where it depends on none; whether it `is_data`; and its `array` of numbers, if known.
    scope
        where to note what is not least squares.
    """
    name: str = equation.primitive.name
    kinds: list[int] = [value.kind for value in operands if value.kind is not None]
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
    return scope.through(max(kinds), name_of(equation), name in USUAL)
