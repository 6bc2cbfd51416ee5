"""Gradients that are right and updates that are not, without a constant to solve for but the learning rate."""

from __future__ import annotations

from collections.abc import Iterator

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from gradagree.diagnosis.mistakes.scale import scaled, zero_update
from gradagree.diagnosis.mistakes.solve import interval, solve


@predicts("GD201")
def nothing_moves(run: Evidence) -> Iterator[Prediction]:
    """`θ_k = θ_0`, with the true gradient, or with one cleared too early."""
    still = zero_update(run)
    yield Prediction("parameters that never move, with the gradient right", after=still, quantity="update")


@predicts("GD202")
def ascent(run: Evidence) -> Iterator[Prediction]:
    """`θ + lr G` with the true gradient; or `G = -g`, which a correct update follows."""
    yield Prediction(
        "an update that adds lr times the gradient", after=run.update(run.slope, -run.lr), quantity="update"
    )
    if run.reported:
        yield Prediction("the gradient with its sign reversed", run.true.times(-1))


@predicts("GD203")
def assigned_minus(run: Evidence) -> Iterator[Prediction]:
    """`θ_{k+1} = -lr G`."""
    forgotten = run.update(run.slope, start=0 * run.before)
    yield Prediction("minus lr times the gradient, whatever the parameter was", after=forgotten, quantity="update")


@predicts("GD204")
def another_rate(run: Evidence) -> Iterator[Prediction]:
    """`θ - c G`, one c > 0 for all steps; or `G = lr g`, which the update multiplies by lr again."""
    twice = scaled(run, run.lr).rounded(run.u, 2)
    after = None if run.reported else run.update(run.slope.times(run.lr).rounded(run.u, 2))
    yield Prediction(
        "lr times the gradient, which the update multiplies by lr again",
        twice if run.reported else None,
        after,
        constants={"lr_eff": run.lr**2},
        quantity="gradient" if run.reported else "update",
    )
    actual = Enclosure.exact(run.after)
    rate = solve(actual, lambda c: run.update(run.slope, c))
    if rate is not None and rate > 0:
        low, high = interval(actual, lambda c: run.update(run.slope, c), rate)
        if not low <= run.lr <= high:
            label = f"an update with {rate:.6g} for a learning rate, not {run.lr:.6g}"
            after = run.update(run.slope, rate)
            yield Prediction(label, after=after, constants={"lr_eff": rate}, fitted_constants=1, quantity="update")


@predicts("GD205")
def step_twice(run: Evidence) -> Iterator[Prediction]:
    """`θ - 2 lr G`, in two updates."""
    once = run.update(run.slope)
    # The second update begins where the first ended, as rounded; after it come its own product and difference.
    again = run.update(run.slope, start=once.center)
    yield Prediction(
        "two updates with one gradient", after=Enclosure(again.center, again.bound + once.bound), quantity="update"
    )
