"""A problem: data, a start, a learning rate and a number of steps. Everything a run is decided by."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb_mat

from reference import formats, reduction, validate
from reference.dyadic import FloatArray
from reference.least_squares import LeastSquares
from reference.rational import Fractions
from reference.validate import FloatData

LAYOUTS = ("contiguous", "transposed", "strided", "offset")


@dataclass(frozen=True, eq=False)
class Problem:
    """Gradient descent on the squared errors `(x @ w + b - y)**2`, from `(w0, b0)`.

    Parameters
    ----------
    name
        as it stands in the table.
    x, y
        float arrays `(N, d)` and `(N, m)`.
    w0, b0
        the start, `(d, m)` and `(m,)`.
    lr
        the learning rate; the float itself is meant, not the decimal it was written as.
    steps
        how many gradients are taken, and how many updates made.
    layout
        how x lies in memory, one of `LAYOUTS`: a view into a larger array, for all but the first.
    reduction
        what makes one loss of the squared errors, one of `reduction.NAMES`: their mean, unless said otherwise.

    Raises
    ------
    ValueError
        naming the argument, what was given and what would do: data that are empty, no floats, or not finite; shapes
        that do not fit; a learning rate that is negative or not finite; fewer than one step; no such layout or
        reduction.
    """

    name: str
    x: FloatData
    y: FloatData
    w0: FloatData
    b0: FloatData
    lr: float
    steps: int
    layout: str = LAYOUTS[0]
    reduction: str = "mse"

    def __post_init__(self) -> None:
        x, y = validate.float_matrix("x", self.x), validate.float_matrix("y", self.y)
        if len(x) != len(y):
            raise ValueError(f"y: got {len(y)} rows for {len(x)} rows of x; one row of y for each of x will do")
        w0, b0 = np.asarray(self.w0), np.asarray(self.b0)
        for name, array, shape in (("w0", w0, (x.shape[1], y.shape[1])), ("b0", b0, (y.shape[1],))):
            if not validate.is_float(array.dtype):
                raise ValueError(f"{name}: got dtype {array.dtype}; floats will do")
            if array.shape != shape:
                raise ValueError(f"{name}: got shape {array.shape}; {shape} will do, (d, m) for w0 and (m,) for b0")
            validate.finite(name, array)
        object.__setattr__(self, "lr", validate.learning_rate(self.lr))
        object.__setattr__(self, "steps", validate.step_count(self.steps))
        if self.layout not in LAYOUTS:
            raise ValueError(f"layout: got {self.layout!r}; one of {', '.join(LAYOUTS)} will do")
        reduction.scale(self.reduction, *y.shape)
        for name, array in (("x", x), ("y", y), ("w0", w0), ("b0", b0)):
            own = array.copy()
            own.flags.writeable = False
            object.__setattr__(self, name, own)

    def cast(self, dtype: str) -> Problem:
        """The problem whose data and start are rounded once to `dtype`, which is what an implementation sees.

        From there on these bits *are* the data: the exact gradient is that of the rounded numbers. The learning rate
        stays, since frameworks differ in when they round it.

        Raises
        ------
        ValueError
            if there is no such dtype, or a number is too large for it.
        """
        rounded: dict[str, Any] = {}
        for name in ("x", "y", "w0", "b0"):
            array = formats.rounded(getattr(self, name), dtype)
            if not np.isfinite(array).all():
                largest = np.abs(getattr(self, name).astype(np.float64)).max()
                raise ValueError(f"{name}: got {largest:g}, beyond the largest {dtype}; smaller data will do")
            rounded[name] = array
        return dataclasses.replace(self, **rounded)

    @cached_property
    def least_squares(self) -> LeastSquares:
        """The exact least-squares problem of these data."""
        return LeastSquares(self.x, self.y)

    @property
    def scale(self) -> Fraction:
        """The loss over the mean squared error."""
        return reduction.scale(self.reduction, *self.y.shape)

    @cached_property
    def largest(self) -> FloatArray:
        """The largest size in each column of `[x, 1, y]`, `(d + 1 + m,)`."""
        x, y = (np.abs(data).max(axis=0).astype(np.float64) for data in (self.x, self.y))
        return np.concatenate([x, [1.0], y])

    @cached_property
    def end(self) -> arb_mat:
        """Where exact descent ends, `[w; b]`, `(p, m)`: balls that hold it."""
        # Descent on a multiple of the loss is descent on the mean squared error, at that multiple of the rate.
        return self.least_squares.descend_ball(self.w0, self.b0, Fraction(self.lr) * self.scale, self.steps)

    @cached_property
    def limit(self) -> Fractions:
        """The minimiser that exact descent tends to, `[w; b]`, `(p, m)` fractions."""
        w, b = self.least_squares.limit(self.w0, self.b0)
        return np.vstack([w, np.asarray(b)[None, :]])

    @property
    def start(self) -> FloatArray:
        """The start as `[w; b]`, `(p, m)` float64, exactly."""
        return np.concatenate([self.w0, self.b0[None, :]]).astype(np.float64)
