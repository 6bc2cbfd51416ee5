"""The loss as a landscape over w and b, from the few numbers that a row carries.

`L(V) = L* + ½ (V - V*)ᵀ H (V - V*)`, and exact descent is `V_k - V* = (I - lr H)^k (V_0 - V*)`. In float64, which is
plenty for a picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.dyadic import FloatArray

MARGIN = 0.18  # of the window, around what it shows
LEVELS = 9
FAR = 30.0  # times as far from the minimiser as the start is


@dataclass(frozen=True)
class Landscape:
    """A loss with one feature and one target.

    Parameters
    ----------
    hessian, minimiser, minimum
        H `(2, 2)`, V* `(2,)`, L*.
    start, lr
        V_0 `(2,)`, and the learning rate.
    """

    hessian: FloatArray
    minimiser: FloatArray
    minimum: float
    start: FloatArray
    lr: float

    @classmethod
    def of(cls, curves: dict[str, Any]) -> Landscape:
        """The landscape of a row's `curves`."""
        ww, wb, bb = curves["hessian"]
        start = np.array([curves["w"][0], curves["b"][0]], dtype=np.float64)
        return cls(
            np.array([[ww, wb], [wb, bb]]), np.array(curves["minimiser"]), curves["minimum"], start, curves["lr"]
        )

    def loss(self, w: FloatArray, b: FloatArray) -> FloatArray:
        """The loss at points of any shape."""
        dw, db = w - self.minimiser[0], b - self.minimiser[1]
        H = self.hessian
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(self.minimum + 0.5 * (H[0, 0] * dw**2 + 2 * H[0, 1] * dw * db + H[1, 1] * db**2))

    def exact_path(self, steps: list[int]) -> FloatArray:
        """`(len(steps), 2)`: where exact descent is."""
        values, Q = np.linalg.eigh(self.hessian)
        with np.errstate(over="ignore", invalid="ignore"):
            factors = (1 - self.lr * values) ** np.array(steps, dtype=np.float64)[:, None]
            path = self.minimiser + (factors * (Q.T @ (self.start - self.minimiser))) @ Q.T
        return np.asarray(path[np.isfinite(path).all(axis=1)])

    def recorded(self, curves: dict[str, Any]) -> FloatArray:
        """The recorded path, up to where it stops being finite."""
        points = []
        for w, b in zip(curves["w"], curves["b"], strict=True):
            if w is None or b is None:
                break
            points.append((w, b))
        return np.array(points, dtype=np.float64).reshape(-1, 2)

    def window(self, exact: FloatArray) -> tuple[tuple[float, float], tuple[float, float]]:
        """The part of the plane that shows the exact path and the minimiser; of a diverging path, where it began."""
        reach = FAR * float(np.abs(self.start - self.minimiser).max())
        near = exact[(np.abs(exact - self.minimiser) <= reach).all(axis=1)]
        points = np.vstack([near, self.minimiser, self.start])
        low, high = points.min(axis=0), points.max(axis=0)
        size = np.maximum(high - low, 1e-6 * np.maximum(np.abs(high), 1))
        low, high = low - MARGIN * size, high + MARGIN * size
        return (float(low[0]), float(high[0])), (float(low[1]), float(high[1]))

    def levels(self, w: FloatArray, b: FloatArray) -> FloatArray:
        """Evenly spread on a logarithmic scale of the height above the minimum, as descent falls through them."""
        height = self.loss(w, b) - self.minimum
        positive = height[height > 0]
        if not positive.size or not math.isfinite(float(positive.max())):
            return np.array([])
        top = float(positive.max())
        return np.asarray(self.minimum + np.geomspace(top * 1e-4, top * 0.7, LEVELS))
