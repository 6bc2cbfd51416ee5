"""Gradients that are right and updates that are not: both parameters, or one of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from gradagree.diagnosis.mistakes.scale import scaled
from gradagree.diagnosis.mistakes.solve import solve


@predicts("GD201")
def nothing_moves(run: Evidence) -> Iterator[Prediction]:
    """`θ_k = θ_0`, with the true gradient, or with one cleared too early."""
    yield Prediction("parameters that never move, with the gradient right", after=run.still)


@predicts("GD202")
def ascent(run: Evidence) -> Iterator[Prediction]:
    """`θ + lr G` with the true gradient; or `G = -g`, which a correct update follows."""
    yield Prediction("an update that adds lr times the gradient", after=run.update(run.slope, -run.lr))
    if run.reported:
        yield Prediction("the gradient with its sign reversed", -1 * run.true)


@predicts("GD203")
def assigned_minus(run: Evidence) -> Iterator[Prediction]:
    """`θ_{k+1} = -lr G`."""
    forgotten = run.update(run.slope, start=0 * run.before)
    yield Prediction("minus lr times the gradient, whatever the parameter was", after=forgotten)


@predicts("GD204")
def another_rate(run: Evidence) -> Iterator[Prediction]:
    """`θ - c G`, one c > 0 for all steps; or `G = lr g`, which the update multiplies by lr again."""
    label, constants = "lr times the gradient, which the update multiplies by lr again", {"lr_eff": run.lr**2}
    if run.reported:
        yield Prediction(label, scaled(run, run.lr).rounded(run.u, 2), constants=constants)
    else:
        yield Prediction(label, after=run.update((run.lr * run.slope).rounded(run.u, 2)), constants=constants)

    def updated(rate: float) -> Enclosure:
        return run.update(run.slope, rate)

    rate = solve(Enclosure.exact(run.after), updated, excluded=(run.lr,))
    if rate is not None and rate > 0:
        label = f"an update with {rate:.6g} for a learning rate, not {run.lr:.6g}"
        yield Prediction(label, after=updated(rate), constants={"lr_eff": rate}, fitted_constants=1)


def twice(run: Evidence) -> Enclosure:
    """`θ - 2 lr G`, in two updates: the second begins where the first ended, as rounded, and rounds as it does."""
    once = run.update(run.slope)
    return run.update(run.slope, start=once.center).widened(once.bound)


@predicts("GD205")
def step_twice(run: Evidence) -> Iterator[Prediction]:
    """`θ - 2 lr G`, in two updates."""
    yield Prediction("two updates with one gradient", after=twice(run))


@predicts("GD206")
def one_twice(run: Evidence) -> Iterator[Prediction]:
    """`b - 2 lr g_b`, w as it should be; or the reverse."""
    once = run.update(run.slope)
    yield Prediction("two updates of b, one of w", after=run.mix(w=once, b=twice(run)))
    yield Prediction("two updates of w, one of b", after=run.mix(w=twice(run), b=once))


@predicts("GD207")
def one_left_out(run: Evidence) -> Iterator[Prediction]:
    """`b_k = b_0`; or `w_k = w_0`."""
    moved = run.update(run.slope)
    yield Prediction("updates of w, and none of b", after=run.mix(w=moved, b=run.still))
    yield Prediction("updates of b, and none of w", after=run.mix(w=run.still, b=moved))


@predicts("GD208")
def others_gradient(run: Evidence) -> Iterator[Prediction]:
    """`θ - lr (g_w, g_w)`, or `θ - lr (g_b, g_b)`."""
    for name, row in (("w", 0), ("b", 1)) if run.d == 1 else ():
        after = run.update(run.slope[:, [row, row]])
        yield Prediction(f"updates of both parameters by {name}'s gradient", after=after)


@predicts("GD215")
def integers(run: Evidence) -> Iterator[Prediction]:
    """`trunc(θ - lr g)`, for both parameters or for one."""
    whole = (np.trunc(run.V) == run.V).all(axis=(0, 2))
    moved = run.update(run.slope)
    low, high = np.trunc(moved.center - moved.bound), np.trunc(moved.center + moved.bound)
    cut = Enclosure((low + high) / 2, (high - low) / 2)
    for name, is_whole, after in (
        ("both parameters", whole.all(), cut),
        ("w", whole[: run.d].all(), run.mix(w=cut, b=moved)),
        ("b", whole[run.d], run.mix(w=moved, b=cut)),
    ):
        if is_whole:
            yield Prediction(f"updates whose fraction is cut off, for {name}", after=after, unpredicted=("start",))
