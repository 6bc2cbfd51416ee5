"""Updates by other optimizers: momentum, weight decay, Adam and its relatives, clipping."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from gradagree.mistakes.adam import adam
from gradagree.mistakes.band import OWN, Band
from gradagree.mistakes.catalogue import Prediction, silent
from gradagree.mistakes.solve import interval, simplest, solve
from gradagree.mistakes.view import View

WITH = """
optimizer = torch.optim.{optimizer}
for _ in range(steps):
    loss = ((x @ w + b - y) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    yield w, b, w.grad, b.grad
    optimizer.step()
"""
BRIEF = 8
PLAIN = "use `torch.optim.SGD([w, b], lr=lr)` without options, if plain gradient descent is meant"


@silent(
    "GD210",
    "the update has momentum",
    explanation="`SGD(momentum=μ)` moves by `v = μ v + g`: the gradients are right, and each step carries the ones "
    "before.",
    remedy=PLAIN,
    wrong=WITH.format(optimizer="SGD([w, b], lr=lr, momentum=0.9)"),
)
def momentum(run: View) -> Iterator[Prediction]:
    """`v = μ v + G; θ - lr v`, one μ for all steps; or `v = μ v + (1-μ) G`."""
    before, actual = run.taken.delayed(), Band.exact(run.after)

    def heavy(mu: float) -> Band:
        return run.update((before.times(mu) + run.slope).rounded(run.u, 2))

    def averaged(mu: float) -> Band:
        return run.update((before.times(mu) + run.slope.times(1 - mu)).rounded(run.u, 3))

    # A sum that never forgets is momentum 1.0; an average that never learns is none.
    for name, family, most in (("momentum", heavy, 1.0), ("an averaged gradient", averaged, 1 - run.u)):
        mu = solve(actual, family)
        if mu is not None and 0 < mu <= most and _excludes((0.0,), actual, family, mu):
            label = f"updates with {name}, μ = {mu:.6g}"
            yield Prediction(label, after=family(mu), constants={"mu": mu}, free=1, quantity="update")


@silent(
    "GD211",
    "the update decays the weights",
    explanation="`SGD(weight_decay=λ)`, or `λ‖θ‖²` in the loss, adds λ times the parameters to every gradient and ends "
    "short of the least-squares line.",
    remedy=PLAIN,
    family=("weight decay and an L2 penalty, coupled or decoupled, leave the same parameters",),
    wrong=WITH.format(optimizer="SGD([w, b], lr=lr, weight_decay=0.1)"),
)
def weight_decay(run: View) -> Iterator[Prediction]:
    """`θ - lr (G + λ θ)`, one λ for all steps, of both parameters or of w alone; in the update or in the gradient."""
    theta = Band.exact(run.before)
    of_w = run.mix(w=theta, b=Band.exact(0 * run.before))
    actual = Band.exact(run.after)
    for name, decayed in (("both parameters", theta), ("w", of_w)):

        def updated(decay: float, decayed: Band = decayed) -> Band:
            return run.update((run.slope + decayed.times(decay)).rounded(run.u, 3))

        def penalised(decay: float, decayed: Band = decayed) -> Band:
            return (run.true + decayed.times(decay)).rounded(run.u, 3)

        decay = solve(actual, updated)
        if decay is not None and 0 < decay * run.lr < 1 and _excludes((0.0, 1 / run.lr), actual, updated, decay):
            label = f"updates with weight decay λ = {decay:.6g} of {name}"
            yield Prediction(label, after=updated(decay), constants={"lambda": decay}, free=1, quantity="update")
        decay = solve(run.history, penalised) if run.reported else None
        if decay is not None and 0 < decay * run.lr < 1 and _excludes((0.0,), run.history, penalised, decay):
            label = f"the gradient of a loss with a penalty, λ = {decay:.6g} times {name}"
            yield Prediction(label, penalised(decay), constants={"lambda": decay}, free=1)


@silent(
    "GD212",
    "another optimizer: Adam or a relative",
    explanation="Adam's first step is lr in the direction of the gradient's sign, whatever its size; later steps are "
    "scaled by running averages. It is not gradient descent, and ends elsewhere after any number of steps.",
    remedy=PLAIN,
    wrong=WITH.format(optimizer="Adam([w, b], lr=lr)"),
)
def another_optimizer(run: View) -> Iterator[Prediction]:
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
                step = (step + Band.exact(run.before).times(constants["weight_decay"])).rounded(run.u, 3)
            after = run.update(step)
            inside = np.abs(run.after[: len(after)] - after.center) <= after.bound
            if not inside.all():
                break
        yield Prediction(f"the updates of {name}", after=after, constants=constants, quantity="update")


@silent(
    "GD213",
    "the gradients are clipped",
    rank=2,
    explanation="`clip_grad_norm_` shortens a gradient longer than c to length c (`clip_grad_value_`: each component). "
    "Far from the minimum all steps have one length.",
    remedy="leave the clipping out; choose a learning rate below 2/λmax instead",
    wrong="""
for _ in range(steps):
    loss = ((x @ w + b - y) ** 2).mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_([w, b], 25.0)
    yield w, b, w.grad, b.grad
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad = None
    b.grad = None
""",
)
def clipped(run: View) -> Iterator[Prediction]:
    """`lr G min(1, c/‖G‖)`, one c for all steps; in the reported gradient, or in the update alone."""
    sources = [(run.true, run.history, "gradient")] if run.reported else []
    for source, result, quantity in [*sources, (run.slope, run.taken, "update")]:
        # torch divides by the norm plus 1e-6; others by the norm.
        for eps in (0.0, 1e-6):
            c = _length(source, result, eps)
            if c is not None and c > 0:
                band = _by_norm(source, c, eps, run.u)
                yield _clipping(run, f"clipped to length {c:.6g}", band, c, quantity, source)
        steps = min(len(source), len(result))
        short = (
            np.abs(result.center[:steps]) + result.bound[:steps] < np.abs(source.center[:steps]) - source.bound[:steps]
        )
        if short.any():
            sizes, slack = np.abs(result.center[:steps])[short], result.bound[:steps][short] + OWN
            low, high = float((sizes - slack).max()), float((sizes + slack).min())
            if low <= 0:
                continue  # a length that may be zero is no clipping
            c = simplest(low, high) if low <= high else float(sizes.max())
            band = Band(np.clip(source.center, -c, c), source.bound).rounded(run.u)
            yield _clipping(run, f"clipped to {c:.6g} component by component", band, c, quantity, source)


def _clipping(run: View, label: str, band: Band, c: float, quantity: str, source: Band) -> Prediction:
    gradient, after = (band, None) if quantity == "gradient" else (None, run.update(band))
    # Where nothing was left unclipped, the gradient's size never counted.
    untouched = (np.abs(band.center) >= np.abs(source.center) * (1 - OWN)).any()
    always = "every step is clipped: a step of fixed length, or the gradient's sign, records the same"
    notes = () if untouched else (always,)
    return Prediction(f"gradients {label}", gradient, after, constants={"c": c}, free=1, quantity=quantity, notes=notes)


def _length(source: Band, result: Band, eps: float) -> float | None:
    """The c that all shortened steps agree on; the longest step's if they do not."""
    steps = min(len(source), len(result))
    full, slack = _norms(source.first(steps))
    got, read = _norms(result.first(steps))
    shortened = got + read < full - slack
    if not shortened.any():
        return None
    back = 1 + eps / full[shortened]
    got, read = got[shortened] * back, (read[shortened] + got[shortened] * slack[shortened] / full[shortened]) * back
    read = read + got * source.bound.shape[1] * OWN
    low, high = float((got - read).max()), float((got + read).min())
    if low <= 0:
        return None  # a length that may be zero is no clipping
    return simplest(low, high) if low <= high else float(np.median(got))


def _norms(band: Band) -> tuple[np.ndarray, np.ndarray]:
    return np.sqrt((band.center**2).sum(axis=(1, 2))), np.sqrt((band.bound**2).sum(axis=(1, 2)))


def _by_norm(source: Band, c: float, eps: float, u: float) -> Band:
    """`g min(1, c / (‖g‖ + eps))`, the norm's own rounding and the gradient's error in it included."""
    norm, slack = _norms(source)
    entries = source.center[0].size
    factor = np.minimum(1, c / (norm + eps))[:, None, None]
    relative = (slack / np.maximum(norm - slack, 0) + (entries + 8) * u)[:, None, None]
    shrunk = source.times(factor)
    return shrunk.widened(np.where(relative >= 0, relative, np.inf) * (np.abs(shrunk.center) + shrunk.bound)).rounded(
        u, 2
    )


def _excludes(values: tuple[float, ...], actual: Band, family: Callable[[float], Band], constant: float) -> bool:
    """Whether the record rules these values of a constant out: none at all, or one that is another mistake."""
    low, high = interval(actual, family, constant)
    return not any(low <= value <= high for value in values)
