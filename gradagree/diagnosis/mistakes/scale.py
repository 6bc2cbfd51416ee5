"""The gradient times a constant: the mean's 1/N and the square's 2 are the two factors that loops lose."""

from __future__ import annotations

from collections.abc import Iterator

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from gradagree.diagnosis.mistakes.solve import solve


def scaled(run: Evidence, factor: float) -> Enclosure:
    """`factor · g`, with a rounding for the factor and one for the product."""
    return (factor * run.true).rounded(run.u, 2)


def owned(run: Evidence) -> tuple[float, ...]:
    """The factors that have a name of their own."""
    count = float(run.N * run.m)
    return (0.0, 1.0, 2.0, 0.5, count, count / 2, 1 / count, 0.5 / count, run.lr)


@predicts("GD120")
def half(run: Evidence) -> Iterator[Prediction]:
    """`G = g/2`."""
    yield Prediction("half the true gradient", scaled(run, 0.5))


@predicts("GD121")
def summed(run: Evidence) -> Iterator[Prediction]:
    """`G = N g`; `N g / 2` where the factor 2 is lost as well."""
    count = run.N * run.m
    yield Prediction(f"{count} times the true gradient: a sum over {count} entries", scaled(run, count))
    yield Prediction(f"{count}/2 times the true gradient: a sum, its factor 2 lost", scaled(run, count / 2))


@predicts("GD122")
def averaged_twice(run: Evidence) -> Iterator[Prediction]:
    """`G = g/N`."""
    count = run.N * run.m
    yield Prediction(f"the true gradient divided by {count} once more", scaled(run, 1 / count))
    yield Prediction(f"the true gradient divided by {2 * count} once more", scaled(run, 0.5 / count))


@predicts("GD123")
def another_divisor(run: Evidence) -> Iterator[Prediction]:
    """`G = c g`, one c for all steps: `1/mean(x)`, `N/(N-1)`, or as solved for."""
    known = {f"{run.N} - 1": run.N / (run.N - 1)} if run.N > 1 else {}
    if run.d == 1 and run.mean[0, 1] != 0:
        known["sum(x)"] = 1 / float(run.mean[0, 1])
    for divisor, factor in known.items():
        divided = scaled(run, factor).rounded(run.u, run.N)  # the divisor is itself a sum
        label = f"the gradient with {divisor} for a divisor, {factor:.6g} times the true one"
        yield Prediction(label, divided, constants={"factor": factor})
    found = solve(run.history, lambda c: scaled(run, c), excluded=(*owned(run), *known.values()))
    if found is not None and found > 0:
        label = f"{found:.6g} times the true gradient, as a divisor of {run.N * run.m / found:.6g} would give"
        yield Prediction(label, scaled(run, found), constants={"factor": found}, fitted_constants=1)


@predicts("GD124")
def one_averaged(run: Evidence) -> Iterator[Prediction]:
    """`G_b = N g_b` or `G_w = N g_w`; both perhaps without the factor 2."""
    count = float(run.N * run.m)
    for lost, words in ((1.0, ""), (0.5, ", both without their factor 2")):
        w, b = scaled(run, lost), scaled(run, lost * count)
        yield Prediction(f"b's gradient {count:g} times too large{words}", run.mix(w=w, b=b))
        yield Prediction(f"w's gradient {count:g} times too large{words}", run.mix(w=b, b=w))


@predicts("GD125")
def integer_division(run: Evidence) -> Iterator[Prediction]:
    """`G = 0`, exactly."""
    yield Prediction("a gradient of exactly zero", run.zero, None if run.reported else run.still)
