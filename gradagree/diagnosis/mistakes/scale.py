"""The gradient times a constant: the mean's 1/N and the square's 2 are the two factors that loops lose."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.catalogue import Prediction, silent
from gradagree.diagnosis.mistakes.solve import interval, solve


def scaled(run: Evidence, factor: float) -> Enclosure:
    """`factor · g`, with a rounding for the factor and one for the product."""
    return run.true.times(factor).rounded(run.u, 2)


def owned(run: Evidence) -> tuple[float, ...]:
    """The factors that have a name of their own."""
    count = float(run.N * run.m)
    return (0.0, 1.0, 2.0, 0.5, count, count / 2, 1 / count, 0.5 / count, run.lr)


@silent(
    "GD120",
    "the gradient is half of the asked one: half the mean squared error, or a factor 2 lost",
    rank=0,
    explanation="With `1/(2N)` in front of the loss, or without the 2 that the square leaves behind, every gradient is "
    "half of that of the mean squared error. It is descent on half the loss, at half the speed.",
    remedy="write `2 / N`, or say `--convention half-mse` if half the mean squared error is meant",
    family=(
        "half the mean squared error as the loss, and a lost factor 2 in a gradient by hand, leave the same record",
    ),
    framework="numpy",
    wrong="""
for _ in range(steps):
    e = x @ w + b - y
    dw = x.T @ e / y.size
    db = e.sum(axis=0) / y.size
    yield w, b, dw, db
    w = w - lr * dw
    b = b - lr * db
""",
)
def half(run: Evidence) -> Iterator[Prediction]:
    """`G = g/2`."""
    yield Prediction("half the true gradient", scaled(run, 0.5))


@silent(
    "GD121",
    "the loss is summed over the rows, not averaged",
    rank=0,
    explanation="`.sum()` for `.mean()`, or `X.T @ e` without the division, makes every gradient N times as large. The "
    "learning rate that fits one does not fit the other, and runs diverge.",
    remedy="take the mean, or say `--convention sum` if the sum is meant (and divide the learning rate by N)",
    wrong="""
for _ in range(steps):
    loss = ((x @ w + b - y) ** 2).sum()
    loss.backward()
    yield w, b, w.grad, b.grad
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad = None
    b.grad = None
""",
)
def summed(run: Evidence) -> Iterator[Prediction]:
    """`G = N g`; `N g / 2` where the factor 2 is lost as well."""
    count = run.N * run.m
    yield Prediction(f"{count} times the true gradient: a sum over {count} entries", scaled(run, count))
    yield Prediction(f"{count}/2 times the true gradient: a sum, its factor 2 lost", scaled(run, count / 2))


@silent(
    "GD122",
    "the mean was taken twice",
    explanation="The loss is a mean already, and its gradient is divided by the number of rows once more. Source: "
    "d2l-en#1000.",
    remedy="divide by the number of rows once",
    wrong="""
for _ in range(steps):
    loss = ((x @ w + b - y) ** 2).mean() / len(x)
    loss.backward()
    yield w, b, w.grad, b.grad
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad = None
    b.grad = None
""",
)
def averaged_twice(run: Evidence) -> Iterator[Prediction]:
    """`G = g/N`."""
    count = run.N * run.m
    yield Prediction(f"the true gradient divided by {count} once more", scaled(run, 1 / count))
    yield Prediction(f"the true gradient divided by {2 * count} once more", scaled(run, 0.5 / count))


@silent(
    "GD123",
    "the gradient is divided by another number than N",
    rank=2,
    explanation="Every gradient is one and the same multiple of the true one: the divisor is `sum(x)`, `N - 1` or "
    "another number than the count of rows.",
    remedy="divide by the number of rows, `len(x)`",
    family=("any constant factor on the loss or on both gradients leaves the same record",),
    framework="numpy",
    wrong="""
for _ in range(steps):
    e = x @ w + b - y
    dw = 2 / x.sum() * (x.T @ e)
    db = 2 / x.sum() * e.sum(axis=0)
    yield w, b, dw, db
    w = w - lr * dw
    b = b - lr * db
""",
)
def another_divisor(run: Evidence) -> Iterator[Prediction]:
    """`G = c g`, one c for all steps: `1/mean(x)`, `N/(N-1)`, or as solved for."""
    known = {f"{run.N} - 1": run.N / (run.N - 1)} if run.N > 1 else {}
    if run.d == 1 and run.mean[0, 1] != 0:
        known["sum(x)"] = 1 / float(run.mean[0, 1])
    for divisor, factor in known.items():
        band = scaled(run, factor).rounded(run.u, run.N)  # the divisor is itself a sum
        yield Prediction(
            f"the gradient with {divisor} for a divisor, {factor:.6g} times the true one",
            band,
            constants={"factor": factor},
        )
    factor = solve(run.history, lambda c: scaled(run, c)) or 0.0
    low, high = interval(run.history, lambda c: scaled(run, c), factor)
    taken = (*owned(run), *known.values())
    if factor > 0 and not any(low <= other <= high for other in taken):
        label = f"{factor:.6g} times the true gradient, as a divisor of {run.N * run.m / factor:.6g} would give"
        yield Prediction(label, scaled(run, factor), constants={"factor": factor}, fitted_constants=1)


@silent(
    "GD124",
    "only one of the two gradients was averaged",
    rank=2,
    explanation="`dw` is divided by the number of rows and `db` is not (or the other way round).",
    remedy="divide both gradients by the number of rows",
    framework="numpy",
    wrong="""
for _ in range(steps):
    e = x @ w + b - y
    dw = 2 / y.size * (x.T @ e)
    db = 2 * e.sum(axis=0)
    yield w, b, dw, db
    w = w - lr * dw
    b = b - lr * db
""",
)
def one_averaged(run: Evidence) -> Iterator[Prediction]:
    """`G_b = N g_b` or `G_w = N g_w`; both perhaps without the factor 2."""
    count = float(run.N * run.m)
    for lost, words in ((1.0, ""), (0.5, ", both without their factor 2")):
        w, b = scaled(run, lost), scaled(run, lost * count)
        yield Prediction(f"b's gradient {count:g} times too large{words}", run.mix(w=w, b=b))
        yield Prediction(f"w's gradient {count:g} times too large{words}", run.mix(w=b, b=w))


@silent(
    "GD125",
    "an integer division made the gradient zero",
    explanation="`2 // N`, or `1 / N` between integers in a language where that truncates, is 0. Every gradient is "
    "zero, and nothing moves.",
    remedy="divide with `/`, `2 / N`",
    family=("gradients that were cleared between backward and the update leave the same record",),
    framework="numpy",
    wrong="""
for _ in range(steps):
    e = x @ w + b - y
    dw = 2 // y.size * (x.T @ e)
    db = 2 // y.size * e.sum(axis=0)
    yield w, b, dw, db
    w = w - lr * dw
    b = b - lr * db
""",
)
def integer_division(run: Evidence) -> Iterator[Prediction]:
    """`G = 0`, exactly."""
    zero = Enclosure.exact(np.zeros_like(run.true.center))
    yield Prediction("a gradient of exactly zero", zero, zero_update(run) if not run.reported else None)


def zero_update(run: Evidence) -> Enclosure:
    """The next iterate is this one, bit for bit."""
    return Enclosure.exact(run.before[: len(run.after)])
