"""Which learning rate explains the updates of a run."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray
from reference.formats import FLOAT64
from reference.optimizers.sgd import update_error
from reference.rounding import update_bound

DIGITS = 17  # as many decimal digits tell every float64 from its neighbours


def explained(
    lr: float, V: FloatArray, gradient: FloatArray, arithmetic: Arithmetic, count: int
) -> npt.NDArray[np.bool_]:
    """`(K,)`: which updates are `V - lr * gradient` inside their bounds.

    Parameters
    ----------
    V, gradient
        `(K+1, p, m)` and `(K, p, m)`.
    count
        what the gradient is the mean over, as `update_bound` takes it.
    """
    return _inside(lr, V[:-1], gradient, V[1:], arithmetic, count)


def explained_each(
    rates: list[float], V: FloatArray, gradient: FloatArray, arithmetic: Arithmetic, count: int
) -> npt.NDArray[np.bool_]:
    """The same where each update has a rate of its own."""
    found = np.zeros(len(gradient), dtype=bool)
    for lr in dict.fromkeys(rates):
        mine = np.array([value == lr for value in rates])
        found[mine] = _inside(lr, V[:-1][mine], gradient[mine], V[1:][mine], arithmetic, count)
    return found


def _inside(
    lr: float, before: FloatArray, gradient: FloatArray, after: FloatArray, arithmetic: Arithmetic, count: int
) -> npt.NDArray[np.bool_]:
    error = update_error(before, gradient, lr, after)
    return np.asarray((np.abs(error) <= update_bound(arithmetic, lr, gradient, after, count)).all(axis=(1, 2)))


def estimate(V: FloatArray, gradient: FloatArray, arithmetic: Arithmetic, count: int) -> tuple[float, int] | None:
    """The shortest decimal that explains all updates, or else the first alone; with how many it explains.

    A decimal, because that is what people write; least squares over the updates says where to look for it. `None`,
    where nothing moved or it moved uphill.
    """
    steps = min(len(V) - 1, len(gradient))
    for taken in dict.fromkeys((steps, min(steps, 1))):
        path, slope = V[: taken + 1], gradient[:taken]
        if taken < 1 or not np.isfinite(path).all() or not np.isfinite(slope).all():
            continue
        centre = _least_squares(path, slope)
        for digits in range(1, DIGITS + 1):
            lr = float(f"{centre:.{digits}g}")
            if lr > 0 and explained(lr, path, slope, arithmetic, count).all():
                return lr, taken
    return None


def _least_squares(V: FloatArray, gradient: FloatArray) -> float:
    """`-Σ moved·slope / Σ slope²`, each brought to size 1 first: squares of a run that diverges leave float64."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        moved, largest = V[1:] - V[:-1], float(np.abs(gradient).max())
        if not (FLOAT64.smallest_normal < largest):
            return 0.0
        slope, unit = gradient / largest, float(np.abs(moved).max())
        if not (0 < unit < np.inf):
            return 0.0
        return -float((moved / unit * slope).sum()) / float((slope * slope).sum()) * (unit / largest)
