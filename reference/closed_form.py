"""The float closed forms of the least-squares line that people use, to be judged like everybody else.

Each takes `x (N, d)` and `y (N, m)`, float arrays of any format up to float64, and returns `w (d, m)` and `b (m,)` in
float64, computed with `X = [x, 1]`. One dimension is taken as one column. How far each may be from the exact
minimiser is derived in `closed_form_bounds`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from reference import validate
from reference.dyadic import FloatArray
from reference.formats import FLOAT64

Solution = tuple[FloatArray, FloatArray]


def normal_equations(x: Any, y: Any) -> Solution:
    """The least-squares line by `(XᵀX) V = XᵀY`, Gaussian elimination with partial pivoting: `w (d, m)`, `b (m,)`.

    The shortest formula, and the one whose error grows with the square of the condition number of X.

    Raises
    ------
    ValueError
        if x or y is no finite float array of rows and columns, their rows differ in number, there are fewer of them
        than unknowns, or `XᵀX` is singular in float64.

    References
    ----------
    Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §20.4.
    """
    X, Y = _table(x, y)
    return _split(_solve(X.T @ X, X.T @ Y))


def qr(x: Any, y: Any) -> Solution:
    """The least-squares line by `X = QR`, `R V = QᵀY`, Q by Householder reflections: `w (d, m)`, `b (m,)`.

    Backward stable: its answer is exact for data that are a few roundings away.

    Raises
    ------
    ValueError
        if x or y is no finite float array of rows and columns, their rows differ in number, there are fewer of them
        than unknowns, or R is singular.

    References
    ----------
    Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §20.2.
    """
    X, Y = _table(x, y)
    Q, R = np.linalg.qr(X)
    # The general solver is back substitution here: below R's diagonal there is nothing to pivot on or eliminate.
    return _split(_solve(R, Q.T @ Y))


def svd(x: Any, y: Any) -> Solution:
    """The least-squares line by `X = U Σ Wᵀ`, `V = W Σ⁻¹ UᵀY`: `w (d, m)` and `b (m,)`.

    Backward stable as well. No singular value is dropped: a cut-off would answer another question.

    Raises
    ------
    ValueError
        if x or y is no finite float array of rows and columns, their rows differ in number, there are fewer of them
        than unknowns, or a singular value is zero.

    References
    ----------
    Golub & Van Loan, *Matrix Computations*, 4th ed., §5.5.3.
    """
    X, Y = _table(x, y)
    U, values, Wt = np.linalg.svd(X, full_matrices=False)
    if not values[-1] > 0:
        raise ValueError(_SINGULAR)
    return _split(Wt.T @ ((U.T @ Y) / values[:, None]))


CLOSED_FORMS: dict[str, Callable[[Any, Any], Solution]] = {
    "normal_equations": normal_equations,
    "qr": qr,
    "svd": svd,
}

_SINGULAR = (
    "x: got columns that are linearly dependent in float64; independent ones will do, "
    "and LeastSquares.minimum_norm_solution() takes any"
)


def _table(x: Any, y: Any) -> tuple[FloatArray, FloatArray]:
    xs, ys = validate.float_matrix("x", x), validate.float_matrix("y", y)
    if len(xs) != len(ys):
        raise ValueError(f"y: got {len(ys)} rows for {len(xs)} rows of x; one row of y for each of x will do")
    unknowns = xs.shape[1] + 1
    if len(xs) < unknowns:
        raise ValueError(f"x: got {len(xs)} rows for {unknowns} unknowns; {unknowns} rows or more will do")
    X = np.hstack([xs.astype(FLOAT64.dtype), np.ones((len(xs), 1))])
    return X, ys.astype(np.float64)


def _solve(matrix: FloatArray, right: FloatArray) -> FloatArray:
    try:
        return np.asarray(np.linalg.solve(matrix, right))
    except np.linalg.LinAlgError:
        raise ValueError(_SINGULAR) from None


def _split(V: FloatArray) -> Solution:
    return V[:-1], V[-1]
