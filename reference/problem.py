"""A problem: a model, its data, a start, an optimizer and a number of steps. Everything a run is decided by."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb_mat

from reference import formats, reduction, validate
from reference.dyadic import FloatArray
from reference.least_squares import LeastSquares
from reference.models.least_squares import LEAST_SQUARES, LinearLeastSquares
from reference.optimizers.sgd import SGD
from reference.rational import Fractions
from reference.validate import FloatData

LAYOUTS = ("contiguous", "transposed", "strided", "offset")

# Least squares in one letter each, as the implementations take them: what they stand for, and its name there.
SHORT = {"x": ("data", "x"), "y": ("data", "y"), "w0": ("start", "w"), "b0": ("start", "b")}


@dataclass(frozen=True, eq=False)
class Problem:
    """A training to run.

    Parameters
    ----------
    name
        as it stands in the table.
    data
        float arrays by name; of least squares `x (N, d)` and `y (N, m)`.
    start
        the parameters to begin with, by name; of least squares `w (d, m)` and `b (m,)`.
    optimizer
        what makes an update of the gradients.
    steps
        how many gradients are taken, and how many updates made.
    model
        what is differentiated.
    layout
        how x lies in memory, one of `LAYOUTS`: a view into a larger array, for all but the first.
    reduction
        what makes one loss of the squared errors, one of `reduction.NAMES`: their mean, unless said otherwise.
    tags
        what kind of problem it is, for rules to choose by.

    Raises
    ------
    ValueError
        naming the argument, what was given and what would do: as the model and the optimizer say; fewer than one step;
        no such layout or
        reduction.
    """

    name: str
    data: Mapping[str, FloatData]
    start: Mapping[str, FloatData]
    optimizer: SGD
    steps: int
    model: LinearLeastSquares = LEAST_SQUARES
    layout: str = LAYOUTS[0]
    reduction: str = "mse"
    tags: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        data, start = self.model.checked(self.data, self.start)
        object.__setattr__(self, "steps", validate.step_count(self.steps))
        if self.layout not in LAYOUTS:
            raise ValueError(f"layout: got {self.layout!r}; one of {', '.join(LAYOUTS)} will do")
        reduction.scale(self.reduction, len(data["x"]), data["y"].shape[1])
        for array in (*data.values(), *start.values()):
            array.flags.writeable = False
        object.__setattr__(self, "data", data)
        object.__setattr__(self, "start", start)

    def replace(self, **changes: Any) -> Problem:
        """The problem with other fields; `x`, `y`, `w0`, `b0` and `lr` are parts of data, start and optimizer."""
        fields: dict[str, Any] = {"data": dict(self.data), "start": dict(self.start), "optimizer": self.optimizer}
        for name, value in changes.items():
            if name in SHORT:
                field, part = SHORT[name]
                fields[field][part] = value
            elif name == "lr":
                fields["optimizer"] = dataclasses.replace(self.optimizer, lr=value)
            else:
                fields[name] = value
        return dataclasses.replace(self, **fields)

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
        for name in SHORT:
            array = formats.rounded(getattr(self, name), dtype)
            if not np.isfinite(array).all():
                largest = np.abs(getattr(self, name).astype(np.float64)).max()
                raise ValueError(f"{name}: got {largest:g}, beyond the largest {dtype}; smaller data will do")
            rounded[name] = array
        return self.replace(**rounded)

    # Least squares is what most of the suite is about, and what implementations of it are called with.

    @property
    def x(self) -> FloatData:
        """The features, `(N, d)`."""
        return self.data["x"]

    @property
    def y(self) -> FloatData:
        """The targets, `(N, m)`."""
        return self.data["y"]

    @property
    def w0(self) -> FloatData:
        """The weights to begin with, `(d, m)`."""
        return self.start["w"]

    @property
    def b0(self) -> FloatData:
        """The intercepts to begin with, `(m,)`."""
        return self.start["b"]

    @property
    def lr(self) -> float:
        """The learning rate."""
        return self.optimizer.lr

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
    def V0(self) -> FloatArray:
        """The start as `[w; b]`, `(p, m)` float64, exactly."""
        return np.concatenate([self.w0, self.b0[None, :]]).astype(np.float64)


def regression(
    name: str,
    x: FloatData,
    y: FloatData,
    w0: FloatData,
    b0: FloatData,
    lr: float,
    steps: int,
    layout: str = LAYOUTS[0],
    tags: Iterable[str] = (),
    reduction: str = "mse",
) -> Problem:
    """Gradient descent on `mean((x @ w + b - y)**2)` from `(w0, b0)` at the learning rate `lr`.

    Errors are those of `Problem`.
    """
    return Problem(
        name,
        {"x": x, "y": y},
        {"w": w0, "b": b0},
        SGD(lr),
        steps,
        layout=layout,
        tags=frozenset(tags),
        reduction=reduction,
    )
