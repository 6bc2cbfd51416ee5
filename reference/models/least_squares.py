"""The linear model with the squared error: where this suite began, and the one whose every answer is exact."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from reference import validate
from reference.operations import Node, Tape
from reference.operations.linear import affine
from reference.operations.losses import squared_error
from reference.validate import FloatData


class LinearLeastSquares:
    """`mean((x @ w + b - y)**2)` of data `x (N, d)` and `y (N, m)`, with parameters `w (d, m)` and `b (m,)`."""

    def checked(
        self, data: Mapping[str, FloatData], start: Mapping[str, FloatData]
    ) -> tuple[dict[str, FloatData], dict[str, FloatData]]:
        """The data as matrices, and the start, each a copy.

        Raises
        ------
        ValueError
            naming the array, what was given and what would do: data that are empty, no floats, or not finite; shapes
            that do not fit.
        """
        x, y = validate.float_matrix("x", data["x"]), validate.float_matrix("y", data["y"])
        if len(x) != len(y):
            raise ValueError(f"y: got {len(y)} rows for {len(x)} rows of x; one row of y for each of x will do")
        w, b = np.asarray(start["w"]), np.asarray(start["b"])
        for name, array, shape in (("w0", w, (x.shape[1], y.shape[1])), ("b0", b, (y.shape[1],))):
            if not validate.is_float(array.dtype):
                raise ValueError(f"{name}: got dtype {array.dtype}; floats will do")
            if array.shape != shape:
                raise ValueError(f"{name}: got shape {array.shape}; {shape} will do, (d, m) for w0 and (m,) for b0")
            validate.finite(name, array)
        return {"x": x.copy(), "y": y.copy()}, {"w": w.copy(), "b": b.copy()}

    def loss(self, tape: Tape, data: Mapping[str, Node], params: Mapping[str, Node], scale: Fraction) -> Node:
        """`scale mean((x @ w + b - y)**2)`."""
        x, y = data["x"], data["y"]
        count = x.value.shape[-2] * y.value.shape[-1]
        return squared_error(tape, affine(tape, x, params["w"], params["b"]), y, scale / count)


LEAST_SQUARES = LinearLeastSquares()
