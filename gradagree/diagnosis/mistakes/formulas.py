"""Gradients written by hand with a wrong formula."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.catalogue import Prediction, silent
from gradagree.diagnosis.mistakes.solve import interval, solve

BY_HAND = """
for _ in range(steps):
    e = x @ w + b - y
    dw = {dw}
    db = {db}
    yield w, b, dw, db
    w = w - lr * dw
    b = b - lr * db
"""
DB = "2 / y.size * e.sum(axis=0)"


def from_b(run: Evidence, factors: np.ndarray, roundings: int = 2) -> Enclosure:
    """The rows of w as b's true gradient times a factor for each feature, b's row as it is."""
    rows = np.append(np.asarray(factors, dtype=np.float64), 1.0)[None, :, None]
    row = Enclosure(run.true.center[:, run.d :], run.true.bound[:, run.d :])
    return run.mix(w=row.times(rows).rounded(run.u, roundings), b=run.true)


@silent(
    "GD140",
    "w's gradient lacks its factor x",
    explanation="The chain rule gives `mean(2 e x)` for w. Without the x it is b's gradient, for both.",
    remedy="multiply the residual by x before averaging: `dw = 2 * (e * x).mean()`",
    framework="numpy",
    wrong=BY_HAND.format(dw="2 / y.size * e.sum(axis=0, keepdims=True)", db=DB),
)
def without_x(run: Evidence) -> Iterator[Prediction]:
    """`G_w = g_b`."""
    yield Prediction("b's gradient for both", from_b(run, np.ones(run.d)))


@silent(
    "GD141",
    "means were multiplied, or a mean squared, where the mean of products belongs",
    explanation="`mean(e).pow(2)` is not `mean(e**2)`, and `mean(e) * mean(x)` is not `mean(e * x)`. The gradient "
    "vanishes as soon as the residuals average to zero.",
    remedy="square (or multiply) row by row, then average: `(e ** 2).mean()`",
    family=("the square of the mean as the loss, and mean(e)·mean(x) in a gradient by hand, leave the same record",),
    wrong="""
for _ in range(steps):
    loss = (x @ w + b - y).mean().pow(2)
    loss.backward()
    yield w, b, w.grad, b.grad
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad = None
    b.grad = None
""",
)
def square_of_mean(run: Evidence) -> Iterator[Prediction]:
    """`G = 2 mean(e) (Sx, 1)`."""
    if run.m == 1:
        yield Prediction("b's gradient times the mean of x, for w", from_b(run, run.mean[: run.d, run.d], run.N + 8))


@silent(
    "GD142",
    "w's gradient uses one row's x for all rows",
    rank=2,
    explanation="`X[1]` is the second row, `X[:, 1]` the second column. Every residual is multiplied by one and the "
    "same x.",
    remedy="index the column, `X[:, 1]`",
    framework="numpy",
    wrong=BY_HAND.format(dw="(2 / y.size * e * x[1]).sum(axis=0, keepdims=True)", db=DB),
)
def one_row(run: Evidence) -> Iterator[Prediction]:
    """`G_w = g_b x_i`, one i for all steps."""
    if run.d != 1:
        return

    def family(c: float) -> Enclosure:
        return from_b(run, np.array([c]), 4)

    factor = solve(run.history, family)
    if factor is None:
        return
    low, high = interval(run.history, family, factor)
    among = np.flatnonzero((run.x[:, 0] >= low) & (run.x[:, 0] <= high))
    row = int(among[0]) if len(among) else int(np.argmin(np.abs(run.x[:, 0] - factor)))
    label = f"b's gradient times x[{row}], for w"
    yield Prediction(label, family(float(run.x[row, 0])), constants={"row": float(row)}, fitted_constants=1)


@silent(
    "GD146",
    "b gets no gradient",
    rank=2,
    explanation="`b` is detached, or not part of the prediction that is differentiated: its gradient is zero and it "
    "stays where it began.",
    remedy="let the prediction be `x @ w + b`, with b a leaf that requires a gradient",
    framework="jax",
    wrong="""
def loss(w, b):
    return ((x @ w + jax.lax.stop_gradient(b) - y) ** 2).mean()

for _ in range(steps):
    dw, db = jax.grad(loss, argnums=(0, 1))(w, b)
    yield w, b, dw, db
    w = w - lr * dw
    b = b - lr * db
""",
)
def no_bias(run: Evidence) -> Iterator[Prediction]:
    """`G_b = 0`, w's gradient with b as it stands or without any b."""
    zero = Enclosure.exact(np.zeros_like(run.true.center))
    yield Prediction("w's gradient, and zero for b", run.mix(w=run.true, b=zero))
    if (run.before[:, run.d] != 0).any():
        without = run.gradient_at(np.where(run.is_w > 0, run.before, 0.0))
        yield Prediction("w's gradient for a prediction without b, and zero for b", run.mix(w=without, b=zero))


@silent(
    "GD147",
    "the two gradients are swapped",
    rank=2,
    explanation="`return db, dw` where `dw, db` is taken: each parameter is moved by the other's gradient.",
    remedy="return and take the gradients in one order",
    framework="numpy",
    wrong=BY_HAND.format(dw=DB + ".reshape(1, 1)", db="2 / y.size * (x.T @ e)[0]"),
)
def swapped(run: Evidence) -> Iterator[Prediction]:
    """`G = (g_b, g_w)`."""
    if run.d == 1:
        turned = Enclosure(run.true.center[:, ::-1], run.true.bound[:, ::-1])
        yield Prediction("b's gradient for w, and w's for b", turned)
