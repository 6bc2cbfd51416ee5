"""Updates that treat the two parameters differently, and one that treats the rows one by one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradagree.diagnosis.enclosure import OWN, UPWARD, Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from gradagree.diagnosis.mistakes.scale import zero_update
from gradagree.diagnosis.mistakes.sums import MOST_RESIDUALS
from reference.dyadic import FloatArray


@predicts("GD206")
def one_twice(run: Evidence) -> Iterator[Prediction]:
    """`b - 2 lr g_b`, w as it should be; or the reverse."""
    once = run.update(run.slope)
    second = run.update(run.slope, start=once.center)
    twice = Enclosure(second.center, second.bound + once.bound)
    yield Prediction("two updates of b, one of w", after=run.mix(w=once, b=twice), quantity="update")
    yield Prediction("two updates of w, one of b", after=run.mix(w=twice, b=once), quantity="update")


@predicts("GD207")
def one_left_out(run: Evidence) -> Iterator[Prediction]:
    """`b_k = b_0`; or `w_k = w_0`."""
    moved, still = run.update(run.slope), zero_update(run)
    yield Prediction("updates of w, and none of b", after=run.mix(w=moved, b=still), quantity="update")
    yield Prediction("updates of b, and none of w", after=run.mix(w=still, b=moved), quantity="update")


@predicts("GD208")
def others_gradient(run: Evidence) -> Iterator[Prediction]:
    """`θ - lr (g_w, g_w)`, or `θ - lr (g_b, g_b)`."""
    if run.d != 1:
        return
    for name, row in (("w", 0), ("b", 1)):
        both = Enclosure(run.slope.center[:, [row, row]], run.slope.bound[:, [row, row]])
        yield Prediction(f"updates of both parameters by {name}'s gradient", after=run.update(both), quantity="update")


@predicts("GD214")
def row_by_row(run: Evidence) -> Iterator[Prediction]:
    """N composed rank-one steps, `v - c lr e_i (x_i, 1)` one after the other; c = 2, 2/N, 1 or 1/N."""
    if run.m != 1 or run.steps * run.N > MOST_RESIDUALS:
        return
    silent_on = frozenset({"gradient"})
    factors = {"2": 2.0, "2/N": 2 / run.N, "1": 1.0, "1/N": 1 / run.N}
    notes = ("nothing is said of the reported gradients: there are N of them in each step",) if run.reported else ()
    for name, after in zip(factors, _composed(run, np.array(list(factors.values()))), strict=True):
        label = f"{run.N} updates in a row, each by {name} times one row's e (x, 1)"
        yield Prediction(label, after=after, unpredicted=silent_on, quantity="update", notes=notes)


def _composed(run: Evidence, factors: FloatArray) -> list[Enclosure]:
    """The end of a pass over the rows, from every iterate and for every factor at once; with bounds in the 2-norm.

    One row's update multiplies an error by `I - c lr z zᵀ`, whose norm is `max(1, |1 - c lr ‖z‖²|)`, and adds its own.
    """
    steps = len(run.after)
    rates, u, omega = (
        (factors * run.lr)[:, None],
        max(run.u, run.arithmetic.accumulate.unit_roundoff),
        run.arithmetic.omega,
    )
    rho, Z = run.arithmetic.rho(run.d) + OWN * (run.d + 2), np.hstack([run.x, np.ones((run.N, 1))])
    lengths = np.linalg.norm(Z, axis=1)
    growth = np.maximum(1.0, np.abs(1 - rates * lengths**2))
    v = np.broadcast_to(run.before[:steps, :, 0], (len(factors), steps, run.d + 1))
    error = np.zeros((len(factors), steps))
    for i, (z, y) in enumerate(zip(Z, run.y[:, 0], strict=True)):
        e, size = v @ z - y, np.abs(v) @ np.abs(z) + abs(y)
        step = rates * e
        v = v - step[..., None] * z
        own = u * np.linalg.norm(v, axis=-1) + (6 * u + OWN) * np.abs(step) * lengths[i]
        own += rates * rho * size * lengths[i]
        largest = np.abs(v).max(axis=(1, 2), initial=0.0)[:, None]  # 0 without an update
        error = (growth[:, i, None] * error + own * (1 + 8 * u) + OWN * largest + omega) * (1 + OWN)
    bounds = np.broadcast_to((error * UPWARD)[:, :, None], v.shape)
    return [Enclosure(v[k, :, :, None], bounds[k, :, :, None]) for k in range(len(factors))]


@predicts("GD215")
def integers(run: Evidence) -> Iterator[Prediction]:
    """`trunc(θ - lr g)`, for both parameters or for one."""
    whole = (np.trunc(run.V) == run.V).all(axis=(0, 2))
    moved = run.update(run.slope)
    low, high = np.trunc(moved.center - moved.bound), np.trunc(moved.center + moved.bound)
    cut = Enclosure((low + high) / 2, (high - low) / 2)
    parts = (("both parameters", whole.all(), cut), ("w", whole[: run.d].all(), run.mix(w=cut, b=moved)))
    for name, is_whole, after in (*parts, ("b", whole[run.d], run.mix(w=moved, b=cut))):
        if is_whole:
            label = f"updates whose fraction is cut off, for {name}"
            yield Prediction(label, after=after, unpredicted=frozenset({"start"}), quantity="update")
