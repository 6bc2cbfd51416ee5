"""Gradients that are right and updates that are not, without a constant to solve for but the learning rate."""

from __future__ import annotations

from collections.abc import Iterator

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.catalogue import Prediction, silent
from gradagree.diagnosis.mistakes.scale import scaled, zero_update
from gradagree.diagnosis.mistakes.solve import interval, solve

FAMILY_STILL = (
    "gradients cleared between backward and the step, a step that stands between clearing and backward, and a JAX "
    "update of a loop variable (`for p in (w, b): p -= …`, which makes a new array and drops it) leave the same record",
)


@silent(
    "GD201",
    "the parameters never move",
    rank=0,
    explanation="The gradients are right and the update reaches nobody: in JAX `p -= lr * g` on a loop variable makes "
    "a new array; in PyTorch `zero_grad()` between `backward()` and `step()` leaves the step nothing to do. Source: "
    "jax#226.",
    remedy="assign the update to the parameter itself, `w = w - lr * dw`; in PyTorch the order is zero_grad, backward, "
    "step",
    family=FAMILY_STILL,
    framework="jax",
    wrong="""
def loss(w, b):
    return ((x @ w + b - y) ** 2).mean()

for _ in range(steps):
    grads = jax.grad(loss, argnums=(0, 1))(w, b)
    yield w, b, *grads
    for p, g in zip((w, b), grads):
        p -= lr * g
""",
)
def nothing_moves(run: Evidence) -> Iterator[Prediction]:
    """`θ_k = θ_0`, with the true gradient, or with one cleared too early."""
    still = zero_update(run)
    yield Prediction("parameters that never move, with the gradient right", after=still, quantity="update")


@silent(
    "GD202",
    "the update climbs: its sign is wrong",
    rank=0,
    explanation="`w + lr * g`, or a residual of the opposite sign in the gradient, moves up the slope. The loss grows "
    "at every step.",
    remedy="subtract: `w = w - lr * dw`, with the residual `prediction - y`",
    family=("ascent with the true gradient, and descent along a gradient of the wrong sign, take the same path",),
    wrong="""
for _ in range(steps):
    loss = ((x @ w + b - y) ** 2).mean()
    loss.backward()
    yield w, b, w.grad, b.grad
    with torch.no_grad():
        w += lr * w.grad
        b += lr * b.grad
    w.grad = None
    b.grad = None
""",
)
def ascent(run: Evidence) -> Iterator[Prediction]:
    """`θ + lr G` with the true gradient; or `G = -g`, which a correct update follows."""
    yield Prediction(
        "an update that adds lr times the gradient", after=run.update(run.slope, -run.lr), quantity="update"
    )
    if run.reported:
        yield Prediction("the gradient with its sign reversed", run.true.times(-1))


@silent(
    "GD203",
    "`=-` stands for `-=`",
    rank=2,
    explanation="`w =- lr * g` assigns `-lr * g`: the parameter forgets where it was.",
    remedy="write `w -= lr * g`",
    framework="numpy",
    wrong="""
for _ in range(steps):
    e = x @ w + b - y
    dw = 2 / y.size * (x.T @ e)
    db = 2 / y.size * e.sum(axis=0)
    yield w, b, dw, db
    w =- lr * dw
    b =- lr * db
""",
)
def assigned_minus(run: Evidence) -> Iterator[Prediction]:
    """`θ_{k+1} = -lr G`."""
    forgotten = run.update(run.slope, start=0 * run.before)
    yield Prediction("minus lr times the gradient, whatever the parameter was", after=forgotten, quantity="update")


@silent(
    "GD204",
    "another learning rate than the one asked for",
    rank=2,
    explanation="One constant other than lr explains every update: lr is set again inside the loop, a default of the "
    "optimizer is used, or lr is applied twice (`g *= lr; w -= lr * g`).",
    remedy="use the lr that was handed in, once",
    framework="numpy",
    wrong="""
for _ in range(steps):
    lr = 0.001
    e = x @ w + b - y
    dw = 2 / y.size * (x.T @ e)
    db = 2 / y.size * e.sum(axis=0)
    yield w, b, dw, db
    w = w - lr * dw
    b = b - lr * db
""",
)
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


@silent(
    "GD205",
    "the step was taken twice",
    rank=2,
    explanation="Two calls of `step()` (or two updates) with one gradient: each step is twice as long as asked for.",
    remedy="call `step()` once for each `backward()`",
    family=("a learning rate of twice the one asked for leaves the same record",),
    wrong="""
optimizer = torch.optim.SGD([w, b], lr=lr)
for _ in range(steps):
    loss = ((x @ w + b - y) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    yield w, b, w.grad, b.grad
    optimizer.step()
    optimizer.step()
""",
)
def step_twice(run: Evidence) -> Iterator[Prediction]:
    """`θ - 2 lr G`, in two updates."""
    once = run.update(run.slope)
    # The second update begins where the first ended, as rounded; after it come its own product and difference.
    again = run.update(run.slope, start=once.center)
    yield Prediction(
        "two updates with one gradient", after=Enclosure(again.center, again.bound + once.bound), quantity="update"
    )
