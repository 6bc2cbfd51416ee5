"""The loss `mean((x @ w + b - y)**2)` as what it is, a quadratic in `V = [w; b]`: its derivatives, and descent on it.

Each answer costs O(p² m) rational operations, p the number of unknowns and m of targets, however many rows there were.
Source of all formulas: the expansion of the quadratic.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb_mat, fmpq, fmpq_mat

from reference import validate
from reference.descent import iterate, iterate_ball, spectrum
from reference.dyadic import FloatArray
from reference.normal_equations import NormalEquations
from reference.rational import Fractions, exact_array, to_fmpq, to_fraction, to_fractions


class Quadratic(NormalEquations):
    """The loss whose minimisers solve the normal equations."""

    def gradient(self, w: Any, b: Any = None) -> tuple[Fractions, Fractions | None]:
        """The gradient of the loss, `(2/(N m)) (G V - C)`, exactly.

        Parameters
        ----------
        w, b
            shapes `(d, m)` and `(m,)`; `(d,)` and a scalar will do for one target. Floats, integers,
            fractions, decimals and decimal strings are each taken as the number they are.

        Returns
        -------
        `(d, m)` and `(m,)` arrays of fractions.

        Raises
        ------
        ValueError
            if a shape is another, or an entry is no finite number.
        """
        V = self._parameters(w, b)
        return self._split((self.G * V - self.C) * self._mean(2))

    def loss(self, w: Any, b: Any = None) -> Fraction:
        """The loss `(1/(N m)) Σ_targets (vᵀGv - 2cᵀv + s)`, exactly.

        Parameters and errors are those of `gradient`.
        """
        V = self._parameters(w, b)
        inner = V.transpose() * (self.G * V - self.C * 2)
        squares = sum((to_fraction(inner[t, t]) + self.s[t] for t in range(self.m)), Fraction(0))
        return squares / (self.rows * self.m)

    def hessian(self) -> Fractions:
        """The Hessian of the loss for one target's `[w; b]`, `(2/(N m)) G`, `(p, p)` fractions.

        Targets do not mix: the whole Hessian has this block once for each of them.
        """
        return to_fractions(self.G * self._mean(2))

    def descend(self, w0: Any, b0: Any, lr: Any, steps: int) -> tuple[Fractions, Fractions | None]:
        """Where exact gradient descent is after `steps` updates: `V_k - V* = (I - lr H)^k (V_0 - V*)`.

        Computed by repeated squaring of the affine map `V -> V - lr (2/(N m)) (G V - C)`, in rationals whose
        length grows with the steps; `descend_ball` does the same in ball arithmetic.

        Parameters
        ----------
        w0, b0
            the start, shapes as in `gradient`.
        lr
            the learning rate: a float is taken as the rational it is, a `Fraction` too.

        Returns
        -------
        `w (d, m)` and `b (m,)` as fractions.

        Raises
        ------
        ValueError
            if a shape is another, lr is negative or not finite, or steps is less than 1.
        """
        A, c = self._map(lr)
        return self._split(iterate(A, c, self._parameters(w0, b0), validate.step_count(steps)))

    def descend_ball(self, w0: Any, b0: Any, lr: Any, steps: int) -> arb_mat:
        """The result of `descend` as `[w; b]`, `(p, m)` balls that contain it.

        The radii are at most `2**-80` of the largest entry, or of the smallest float64, since no ball around
        an exact zero is small beside it; precision is raised until they are. Errors are those of `descend`.
        """
        A, c = self._map(lr)
        V0 = self._parameters(w0, b0)
        return iterate_ball(A, c, V0, validate.step_count(steps))

    def spectrum(self) -> tuple[FloatArray, float]:
        """Eigenvalues of the Hessian, ascending, and a bound on the error of each; `descent.spectrum` tells how."""
        return self._spectrum

    def contraction(self, lr: float) -> float:
        """An upper bound of `max |1 - lr λ_i(H)|`: the factor by which a step shrinks what errors there are.

        Raises
        ------
        ValueError
            if lr is negative or not finite.
        """
        lr = validate.learning_rate(lr)
        values, error = self._spectrum
        if not math.isfinite(error):
            return math.inf
        return float(np.abs(1 - lr * values).max()) * (1 + 2**-50) + lr * error

    @cached_property
    def _spectrum(self) -> tuple[FloatArray, float]:
        # Once for all the runs on one problem: rationals become floats slowly.
        values, error = spectrum(self.hessian())
        values.setflags(write=False)
        return values, error

    def _mean(self, factor: int) -> fmpq:
        return fmpq(factor, self.rows * self.m)

    def _map(self, lr: Any) -> tuple[fmpq_mat, fmpq_mat]:
        exact = lr if isinstance(lr, Fraction) and lr >= 0 else Fraction(validate.learning_rate(lr))
        rate = to_fmpq(exact) * self._mean(2)
        p = self.unknowns
        identity = fmpq_mat(p, p, [int(i == j) for i in range(p) for j in range(p)])
        return identity - self.G * rate, self.C * rate

    def _parameters(self, w: Any, b: Any) -> fmpq_mat:
        rows = [exact_array("w", w, (self.d, self.m))]
        if self.intercept:
            rows.append(exact_array("b", b, (self.m,))[None, :])
        elif b is not None:
            raise ValueError(f"b: got {b!r} for a model without an intercept; None will do")
        V = np.concatenate(rows)
        return fmpq_mat(self.unknowns, self.m, [to_fmpq(v) for v in V.ravel()])

    def _split(self, V: fmpq_mat) -> tuple[Fractions, Fractions | None]:
        values = to_fractions(V)
        return values[: self.d], values[self.d] if self.intercept else None
