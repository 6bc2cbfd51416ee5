"""Updates by other optimizers: momentum, weight decay, Adam and its relatives."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.adam import adam
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from gradagree.diagnosis.mistakes.solve import interval, solve

BRIEF = 8


@predicts("GD210")
def momentum(run: Evidence) -> Iterator[Prediction]:
    """`v = μ v + G; θ - lr v`, one μ for all steps; or `v = μ v + (1-μ) G`."""
    before, actual = run.taken.delayed(), Enclosure.exact(run.after)

    def heavy(mu: float) -> Enclosure:
        return run.update((before.times(mu) + run.slope).rounded(run.u, 2))

    def averaged(mu: float) -> Enclosure:
        return run.update((before.times(mu) + run.slope.times(1 - mu)).rounded(run.u, 3))

    # A sum that never forgets is momentum 1.0; an average that never learns is none.
    for name, family, most in (("momentum", heavy, 1.0), ("an averaged gradient", averaged, 1 - run.u)):
        mu = solve(actual, family)
        if mu is not None and 0 < mu <= most and _excludes((0.0,), actual, family, mu):
            label = f"updates with {name}, μ = {mu:.6g}"
            yield Prediction(label, after=family(mu), constants={"mu": mu}, fitted_constants=1, quantity="update")


@predicts("GD211")
def weight_decay(run: Evidence) -> Iterator[Prediction]:
    """`θ - lr (G + λ θ)`, one λ for all steps, of both parameters or of w alone; in the update or in the gradient."""
    theta = Enclosure.exact(run.before)
    of_w = run.mix(w=theta, b=Enclosure.exact(0 * run.before))
    actual = Enclosure.exact(run.after)
    for name, decayed in (("both parameters", theta), ("w", of_w)):

        def updated(decay: float, decayed: Enclosure = decayed) -> Enclosure:
            return run.update((run.slope + decayed.times(decay)).rounded(run.u, 3))

        def penalised(decay: float, decayed: Enclosure = decayed) -> Enclosure:
            return (run.true + decayed.times(decay)).rounded(run.u, 3)

        decay = solve(actual, updated)
        if decay is not None and 0 < decay * run.lr < 1 and _excludes((0.0, 1 / run.lr), actual, updated, decay):
            label = f"updates with weight decay λ = {decay:.6g} of {name}"
            yield Prediction(
                label, after=updated(decay), constants={"lambda": decay}, fitted_constants=1, quantity="update"
            )
        decay = solve(run.history, penalised) if run.reported else None
        if decay is not None and 0 < decay * run.lr < 1 and _excludes((0.0,), run.history, penalised, decay):
            label = f"the gradient of a loss with a penalty, λ = {decay:.6g} times {name}"
            yield Prediction(label, penalised(decay), constants={"lambda": decay}, fitted_constants=1)


@predicts("GD212")
def another_optimizer(run: Evidence) -> Iterator[Prediction]:
    """Adam's recurrence with its usual constants; AdamW's, RMSprop's and Adagrad's too."""
    for name, constants, recurrence in (
        ("Adam", {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}, {}),
        ("AdamW", {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01}, {}),
        ("RMSprop", {"alpha": 0.99, "eps": 1e-8}, {"betas": (0.0, 0.99), "corrected": False}),
        ("Adagrad", {"eps": 1e-10}, {"betas": (0.0, 1.0), "eps": 1e-10, "corrected": False}),
    ):
        # The recurrence is slow to evaluate: its first steps say whether the others are worth it.
        for steps in (BRIEF, run.steps):
            step = adam(run, run.slope.first(steps), **recurrence)  # type: ignore[arg-type]
            if "weight_decay" in constants:
                step = (step + Enclosure.exact(run.before).times(constants["weight_decay"])).rounded(run.u, 3)
            after = run.update(step)
            inside = np.abs(run.after[: len(after)] - after.center) <= after.bound
            if not inside.all():
                break
        yield Prediction(f"the updates of {name}", after=after, constants=constants, quantity="update")


def _excludes(
    values: tuple[float, ...], actual: Enclosure, family: Callable[[float], Enclosure], constant: float
) -> bool:
    """Whether the record rules these values of a constant out: none at all, or one that is another mistake."""
    low, high = interval(actual, family, constant)
    return not any(low <= value <= high for value in values)
