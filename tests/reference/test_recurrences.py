"""Optimizers with state: right by their definitions, every legal evaluation within the bound, and others outside.

The evaluators here share nothing with the recurrences: they are written down from the papers and frameworks, over
NumPy's own arithmetic in each dtype, or longdouble, with the forms of each part chosen at random.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from reference.arithmetic import Arithmetic
from reference.domains.balls import Exactly, to_floats
from reference.domains.updates import Updates
from reference.formats import BFLOAT16, BY_NAME, FLOAT32, FLOAT64
from reference.optimizers import State
from reference.optimizers.spelling import parse

Array = Any
DTYPES = {"float64": np.float64, "float32": np.float32, "bfloat16": ml_dtypes.bfloat16, "float16": np.float16}
STEPS, SIZE = (1, 2, 5, 20), 60


class Wide:
    """Evaluation in longdouble, in one form: the recurrence's own numbers, for all that float32 and less can tell."""

    wide = staticmethod(lambda x: np.asarray(x, dtype=np.longdouble))
    array = number = scalar = wide

    def any_of(self, *forms: Callable[[], Array]) -> Array:
        return forms[0]()


class Narrow(Wide):
    """Evaluation in a dtype, each part in one of its forms; scalars in float64, or in the format of accumulators."""

    def __init__(self, dtype: str, seed: int) -> None:
        self.kind, self.random = DTYPES[dtype], random.Random(seed)
        self.scalars = self.random.choice([np.float64, np.float64 if dtype == "float64" else np.float32])

    def number(self, x: Any) -> Array:
        return np.asarray(float(x)).astype(self.kind)

    def scalar(self, x: Any) -> Array:
        return self.scalars(x)

    def array(self, x: Any) -> Array:
        return np.asarray(x).astype(self.kind)

    def any_of(self, *forms: Callable[[], Array]) -> Array:
        return self.random.choice(forms)()


def average(e: Wide, m: Array, x: Array, beta: Any) -> Array:
    b, w = e.number(beta), e.number(1 - e.scalar(beta))
    return e.any_of(lambda: b * m + w * x, lambda: m + w * (x - m))


def square_average(e: Wide, v: Array, g: Array, beta: Any) -> Array:
    b, w = e.number(beta), e.number(1 - e.scalar(beta))
    return e.any_of(lambda: b * v + w * (g * g), lambda: b * v + (w * g) * g, lambda: v + w * (g * g - v))


def shrunk(e: Wide, theta: Array, lr: float, decay: float) -> Array:
    factor = e.number(1 - e.scalar(lr) * e.scalar(decay))
    return e.any_of(lambda: factor * theta, lambda: theta - e.number(lr) * (e.number(decay) * theta))


def less_quotient(e: Wide, theta: Array, lr: Any, m: Array, denominator: Array) -> Array:
    rate = e.number(lr)
    return e.any_of(
        lambda: theta - (rate * m) / denominator,
        lambda: theta - rate * (m / denominator),
        lambda: theta - m / (denominator / rate),
        lambda: theta - (e.number(1) / denominator) * m * rate,
    )


def adam(e: Wide, theta: Array, g: Array, s: dict[str, Array], t: int, **o: Any) -> dict[str, Array]:
    lr, (b1, b2), eps, decay = o.get("lr", 1e-3), o.get("betas", (0.9, 0.999)), o.get("eps", 1e-8), o.get("decay", 0)
    g = -g if o.get("maximize") else g
    if o.get("coupled", True) and decay:
        g = g + e.number(decay) * theta
    elif decay and not o.get("decay_last"):
        theta = shrunk(e, theta, lr, decay)
    m = average(e, s["exp_avg"], g, b1)
    v = o.get("of_squares", square_average)(e, s["exp_avg_sq"], g, b2)
    found = {"exp_avg": m, "exp_avg_sq": v}
    late = t - 1 + o.get("counter", 1)
    c1, c2 = ((1 - e.scalar(b) ** late) if o.get("corrected", True) else e.scalar(1) for b in (b1, b2))
    if o.get("swapped"):
        c1, c2 = c2, c1
    if o.get("amsgrad"):
        v = found["max_exp_avg_sq"] = np.maximum(s["max_exp_avg_sq"], v)
    if o.get("eps_inside"):
        denominator = np.sqrt(v / e.number(c2) + e.number(eps))
    elif o.get("eps_before"):
        denominator = (np.sqrt(v) + e.number(eps)) / e.number(np.sqrt(c2))
    elif o.get("no_root"):
        denominator = v / e.number(c2) + e.number(eps)
    else:
        root = e.any_of(lambda: np.sqrt(v / e.number(c2)), lambda: np.sqrt(v) / e.number(np.sqrt(c2)))
        denominator = root + e.number(eps)
    first = o.get("first", m)
    after = less_quotient(e, theta, e.scalar(lr) / c1, g if o.get("step_of_gradient") else first, denominator)
    found["param"] = shrunk(e, after, lr, decay) if o.get("decay_last") else after
    return found


def rmsprop(e: Wide, theta: Array, g: Array, s: dict[str, Array], t: int, **o: Any) -> dict[str, Array]:  # noqa: ARG001
    lr, alpha, eps, mu = o.get("lr", 1e-2), o.get("alpha", 0.99), o.get("eps", 1e-8), o.get("momentum", 0)
    v = square_average(e, s["square_avg"], g, alpha)
    found = {"square_avg": v}
    if o.get("centered"):
        a = found["grad_avg"] = average(e, s["grad_avg"], g, alpha)
        v = v - a * a
    eps_ = e.number(eps)
    denominator = np.sqrt(v + eps_) if o.get("eps_inside") else np.sqrt(v) + eps_
    if not mu:
        return {**found, "param": less_quotient(e, theta, lr, g, denominator)}
    step = e.number(lr) * (g / denominator) if o.get("lr_inside") else g / denominator
    b = found["momentum_buffer"] = e.number(mu) * s["momentum_buffer"] + step
    return {**found, "param": theta - (b if o.get("lr_inside") else e.number(lr) * b)}


def adagrad(e: Wide, theta: Array, g: Array, s: dict[str, Array], t: int, **o: Any) -> dict[str, Array]:
    total = s["sum"] + g * g
    late, eps = t - 1 + o.get("counter", 0), e.number(o.get("eps", 1e-10))
    rate = e.scalar(o.get("lr", 1e-2)) / (1 + e.scalar(late) * e.scalar(o.get("lr_decay", 0.0)))
    denominator = np.sqrt(total + eps) if o.get("eps_inside") else np.sqrt(total) + eps
    return {"sum": total, "param": less_quotient(e, theta, rate, g, denominator)}


def adadelta(e: Wide, theta: Array, g: Array, s: dict[str, Array], t: int, **o: Any) -> dict[str, Array]:  # noqa: ARG001
    rho, eps = o.get("rho", 0.9), e.number(1e-6)
    v = square_average(e, s["square_avg"], g, rho)
    above = np.sqrt(s["acc_delta"] + eps) if not o.get("eps_outside") else np.sqrt(s["acc_delta"]) + eps
    below = np.sqrt(v + eps)
    delta = e.any_of(lambda: above / below * g, lambda: above * g / below)
    found = {"square_avg": v, "acc_delta": square_average(e, s["acc_delta"], delta, rho)}
    return {**found, "param": theta - e.number(o.get("lr", 1.0)) * delta}


def adamax(e: Wide, theta: Array, g: Array, s: dict[str, Array], t: int, **o: Any) -> dict[str, Array]:
    lr, (b1, b2), eps = (
        o.get("lr", 2e-3),
        o.get("betas", (0.9, 0.999)),
        e.number(1e-8 if not o.get("eps") else o["eps"]),
    )
    m = average(e, s["exp_avg"], g, b1)
    size = np.abs(g) if o.get("eps_after") else np.abs(g) + eps
    u = np.maximum(e.number(b2) * s["exp_inf"], size)
    below = u + eps if o.get("eps_after") else u
    rate = e.scalar(lr) / (1 - e.scalar(b1) ** t) if o.get("corrected", True) else e.scalar(lr)
    return {"exp_avg": m, "exp_inf": u, "param": less_quotient(e, theta, rate, m, below)}


def nadam(e: Wide, theta: Array, g: Array, s: dict[str, Array], t: int, **o: Any) -> dict[str, Array]:
    lr, b1, b2, psi = 2e-3, e.scalar(0.9), 0.999, e.scalar(o.get("momentum_decay", 4e-3))
    m, v = average(e, s["exp_avg"], g, 0.9), square_average(e, s["exp_avg_sq"], g, b2)
    one, half = e.scalar(1), e.scalar(0.5)
    mu, ahead = (b1 * (one - half * e.scalar(0.96) ** (e.scalar(k) * psi)) for k in (t, t + 1))
    product = e.scalar(s["mu_product"]) * mu
    below = np.sqrt(v / e.number(1 - e.scalar(b2) ** t)) + e.number(1e-8)
    of_g, of_m = e.scalar(lr) * (one - mu) / (one - product), e.scalar(lr) * ahead / (one - product * ahead)
    if o.get("late"):
        of_m = e.scalar(lr) * mu / (one - product)
    after = e.any_of(
        lambda: theta - e.number(of_g) * g / below - e.number(of_m) * m / below,
        lambda: theta - (e.number(of_g) * g + e.number(of_m) * m) / below,
    )
    return {"exp_avg": m, "exp_avg_sq": v, "mu_product": product, "param": after}


def radam(e: Wide, theta: Array, g: Array, s: dict[str, Array], t: int, **o: Any) -> dict[str, Array]:
    b1, b2 = o.get("betas", (0.9, 0.999))
    m, v = average(e, s["exp_avg"], g, b1), square_average(e, s["exp_avg_sq"], g, b2)
    c1, c2, b2 = 1 - e.scalar(b1) ** t, 1 - e.scalar(b2) ** t, e.scalar(b2)
    limit = 2 / (1 - b2) - 1
    rho = limit - 2 * t * b2**t / c2
    found, rate = {"exp_avg": m, "exp_avg_sq": v}, e.scalar(1e-3) / c1
    if rho > o.get("threshold", 5):
        scale = np.sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho)) * np.sqrt(c2)
        below = (np.sqrt(v) + e.number(1e-8)) if not o.get("no_root") else v
        return {**found, "param": less_quotient(e, theta, rate * scale, m, below)}
    return {**found, "param": theta - e.number(rate) * m}


def rprop(e: Wide, theta: Array, g: Array, s: dict[str, Array], t: int, **o: Any) -> dict[str, Array]:  # noqa: ARG001
    less, more = o.get("etas", (0.5, 1.2))
    trend = np.sign((g * s["prev"]).astype(np.float64))
    factor = np.where(trend > 0, e.number(more), np.where(trend < 0, e.number(less), e.number(1)))
    size = np.clip(factor * s["step_size"], e.number(1e-6), e.number(50.0))
    g = g if o.get("keeps_gradient") else np.where(trend < 0, e.number(0), g)
    return {"prev": g, "step_size": size, "param": theta - np.sign(g) * size}


def asgd(e: Wide, theta: Array, g: Array, s: dict[str, Array], t: int, **o: Any) -> dict[str, Array]:
    lr, decay, eta = 1e-2, o.get("lambd", 1e-4), e.scalar(s["eta"])
    after = e.any_of(
        lambda: e.number(1 - e.scalar(decay) * eta) * theta - e.number(eta) * g,
        lambda: theta - e.number(eta) * (g + e.number(decay) * theta),
    )
    mean = s["ax"] + e.number(s["mu"]) * (after - s["ax"])
    then = e.scalar(lr) / (1 + e.scalar(decay) * e.scalar(lr) * e.scalar(t + o.get("counter", 0))) ** e.scalar(0.75)
    return {"ax": mean, "eta": then, "mu": e.scalar(1), "param": after}


def lion(e: Wide, theta: Array, g: Array, s: dict[str, Array], t: int, **o: Any) -> dict[str, Array]:  # noqa: ARG001
    (b1, b2), decay, lr = o.get("betas", (0.9, 0.99)), o.get("decay", 1e-3), o.get("lr", 1e-2)
    direction = np.sign(average(e, s["exp_avg"], g, b1))
    after = shrunk(e, theta, lr, decay) - e.number(lr) * direction
    return {"exp_avg": average(e, s["exp_avg"], g, b2), "param": after}


@dataclass(frozen=True)
class Definition:
    """A recurrence as `spelling` names it, and an evaluator of its own with the options that make it the same."""

    spelled: str
    evaluate: Callable[..., dict[str, Array]]
    options: dict[str, Any] = field(default_factory=dict)


DEFINITIONS = {
    "adam": Definition("adam()", adam),
    "adam, small betas": Definition("adam(betas=(0.5, 0.25), eps=1e-3)", adam, {"betas": (0.5, 0.25), "eps": 1e-3}),
    "adam, coupled": Definition("adam(weight_decay=0.1, maximize=True)", adam, {"decay": 0.1, "maximize": True}),
    "adamw": Definition("adamw(weight_decay=0.5)", adam, {"decay": 0.5, "coupled": False}),
    "amsgrad": Definition("adam(amsgrad=True)", adam, {"amsgrad": True}),
    "optax.adam, eps_root": Definition(
        "optax.adam(1e-3, eps=0.0, eps_root=1e-3)", adam, {"eps": 1e-3, "eps_inside": True}
    ),
    "keras.adam": Definition("keras.adam(epsilon=1e-3)", adam, {"eps": 1e-3, "eps_before": True}),
    "rmsprop": Definition("rmsprop()", rmsprop),
    "rmsprop, momentum": Definition("rmsprop(momentum=0.9)", rmsprop, {"momentum": 0.9}),
    "optax.rmsprop": Definition(
        "optax.rmsprop(1e-2, momentum=0.9, eps=1e-3)", rmsprop,
        {"momentum": 0.9, "alpha": 0.9, "eps_inside": True, "lr_inside": True, "eps": 1e-3},
    ),
    "adagrad": Definition("adagrad(lr_decay=0.1)", adagrad, {"lr_decay": 0.1}),
    "optax.adagrad": Definition("optax.adagrad(1e-2, eps=1e-3)", adagrad, {"eps": 1e-3, "eps_inside": True}),
    "adadelta": Definition("adadelta()", adadelta),
    "adamax": Definition("adamax()", adamax),
    "keras.adamax": Definition("keras.adamax(2e-3, epsilon=1e-3)", adamax, {"eps": 1e-3, "eps_after": True}),
    "nadam": Definition("nadam()", nadam),
    "radam": Definition("radam(betas=(0.9, 0.9))", radam, {"betas": (0.9, 0.9)}),
    "rprop": Definition("rprop()", rprop),
    "asgd": Definition("asgd(lambd=0.1)", asgd, {"lambd": 0.1}),
    "lion": Definition("optax.lion(1e-2)", lion),
}  # fmt: skip


def arithmetic(dtype: str, **claims: Any) -> Arithmetic:
    storage = BY_NAME[dtype]
    return Arithmetic(storage, storage if storage in (FLOAT32, FLOAT64) else FLOAT32, **claims)


def recorded(spelled: str, dtype: str, seed: int) -> tuple[Array, Array, dict[str, Array]]:
    """Parameters, gradients and a state as some step may have left them."""
    generator = np.random.default_rng(seed)
    theta, g, m = (generator.standard_normal((3, SIZE)) * np.exp(generator.standard_normal((3, SIZE)))).round(6) / 8
    d, optimizer = Updates(arithmetic(dtype)), parse(spelled).optimizer
    squares = m * m + 0.1 * generator.random(SIZE)
    values = {"exp_avg_sq": squares, "square_avg": squares, "sum": squares, "acc_delta": 1e-3 * squares}
    values |= {"exp_inf": np.abs(m), "max_exp_avg_sq": squares * generator.uniform(0.5, 2, SIZE)}
    values |= {"step_size": np.full(SIZE, 0.01), "mu_product": np.asarray(0.5), "eta": np.asarray(0.0078125)}
    values |= {"mu": np.asarray(1.0)}
    names = optimizer.init(d, {"w": d.lift(theta)}).values
    kind = DTYPES[dtype]
    state = {name: np.asarray(values.get(name, m)).astype(kind) for name in names}
    return theta.astype(kind), g.astype(kind), state


def judged(spelled: str, claim: Arithmetic, t: int, theta: Array, g: Array, state: dict[str, Array]) -> Any:
    def over(d: Any) -> dict[str, Any]:
        values = {name: {"w": d.lift(value.astype(np.float64))} for name, value in state.items()}
        before = {"w": d.lift(theta.astype(np.float64))}, {"w": d.lift(g.astype(np.float64))}, State(t - 1, values)
        after, then = parse(spelled).optimizer.step(d, *before)
        assert then.step == t
        return {"param": after["w"], **{name: value["w"] for name, value in then.values.items()}}

    return over(Updates(claim)), over


def ratios(name: str, dtype: str, t: int, seed: int, made: dict[str, Any] | None = None, **claims: Any) -> float:
    """The largest error over its bound where the evaluator makes step t, with options of its own if they are given."""
    definition = DEFINITIONS[name]
    theta, g, state = recorded(definition.spelled, dtype, seed)
    bands, _ = judged(definition.spelled, arithmetic(dtype, **claims), t, theta, g, state)
    options = definition.options if made is None else definition.options | made
    found = definition.evaluate(Narrow(dtype, seed), theta, g, state, t, **options)
    worst = 0.0
    for quantity, band in bands.items():
        error = np.abs(np.asarray(found[quantity]).astype(np.float64) - band.center)
        worst = max(worst, float(np.max(np.where(error == 0, 0, error / np.maximum(band.bound, 1e-300)))))
    return worst


@pytest.mark.parametrize("t", STEPS)
@pytest.mark.parametrize("name", DEFINITIONS)
def test_recurrence_over_balls_is_its_definition(name: str, t: int) -> None:
    definition = DEFINITIONS[name]
    theta, g, state = recorded(definition.spelled, "float64", t)
    bands, over = judged(definition.spelled, arithmetic("float64"), t, theta, g, state)
    wide = {quantity: Wide.wide(value) for quantity, value in state.items()}
    wanted = definition.evaluate(Wide(), Wide.wide(theta), Wide.wide(g), wide, t, **definition.options)
    exact = over(Exactly())
    assert set(exact) == set(bands) == set(wanted)
    for quantity, balls in exact.items():
        values = to_floats(np.asarray(balls))
        # Both are rounded to float64 at the end; the definition goes through fewer than 64 operations of longdouble.
        off = 2**-50 + 64 * float(np.finfo(np.longdouble).eps)
        np.testing.assert_allclose(values, wanted[quantity].astype(np.float64), rtol=off, err_msg=quantity)
        assert np.all(np.abs(values - bands[quantity].center) <= bands[quantity].bound), quantity


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", DEFINITIONS)
def test_recurrence_over_updates_holds_every_form(name: str, dtype: str) -> None:
    worst = max(ratios(name, dtype, t, 100 * seed + t) for t in STEPS for seed in range(10))
    assert worst <= 1
    # In float64, an evaluation may be the centre's own.
    assert worst > 0.02 or dtype == "float64", "a bound that nothing comes near would hold anything"


MUTANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "adam: beta1": ("adam", {"betas": (0.89, 0.999)}),
    "adam: beta2": ("adam", {"betas": (0.9, 0.99)}),
    "adam: lr": ("adam", {"lr": 1.05e-3}),
    "adam: counter late": ("adam", {"counter": 2}),
    "adam: uncorrected": ("adam", {"corrected": False}),
    "adam: corrections swapped": ("adam", {"swapped": True}),
    "adam: no root": ("adam", {"no_root": True}),
    "adam: gradient for its mean": ("adam", {"step_of_gradient": True}),
    "adam: uphill": ("adam", {"maximize": True}),
    "adam: eps": ("adam, small betas", {"eps": 1e-1}),
    "adam: eps inside": ("adam, small betas", {"eps_inside": True, "eps": 1e-1}),
    "adam: decoupled": ("adam, coupled", {"coupled": False}),
    "adam: no decay": ("adam, coupled", {"decay": 0}),
    "adamw: coupled": ("adamw", {"coupled": True}),
    "adamw: no decay": ("adamw", {"decay": 0}),
    "amsgrad: minimum": ("amsgrad", {"of_squares": lambda e, v, g, b: 4 * square_average(e, v, g, b)}),
    "keras.adam: corrected eps": ("keras.adam", {"eps_before": False, "eps": 1e-1}),
    "rmsprop: eps inside": ("rmsprop", {"eps_inside": True, "eps": 1e-1}),
    "rmsprop: alpha": ("rmsprop", {"alpha": 0.9}),
    "rmsprop: lr inside": ("rmsprop, momentum", {"lr_inside": True}),
    "rmsprop: momentum": ("rmsprop, momentum", {"momentum": 0.8}),
    "adagrad: counter": ("adagrad", {"counter": 1}),
    "adagrad: no decay of lr": ("adagrad", {"lr_decay": 0.0}),
    "adadelta: rho": ("adadelta", {"rho": 0.8}),
    "adadelta: lr": ("adadelta", {"lr": 0.5}),
    "adamax: uncorrected": ("adamax", {"corrected": False}),
    "adamax: betas swapped": ("adamax", {"betas": (0.999, 0.9)}),
    "nadam: momentum one step late": ("nadam", {"late": True}),
    "nadam: another schedule": ("nadam", {"momentum_decay": 1.0}),
    "radam: threshold": ("radam", {"threshold": 50}),
    "radam: no root": ("radam", {"no_root": True}),
    "rprop: etas": ("rprop", {"etas": (0.5, 1.3)}),
    "rprop: gradient kept": ("rprop", {"keeps_gradient": True}),
    "asgd: counter": ("asgd", {"counter": 1}),
    "asgd: lambda": ("asgd", {"lambd": 0.5}),
    "lion: betas swapped": ("lion", {"betas": (0.99, 0.9)}),
    "lion: lr": ("lion", {"lr": 2e-2}),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("mutant", MUTANTS)
def test_recurrence_over_updates_refuses_another(mutant: str, dtype: str) -> None:
    name, made = MUTANTS[mutant]
    worst = max(ratios(name, dtype, t, 7 * t, made) for t in (2, 5, 20))
    assert not worst <= 1


def test_updates_with_narrow_scalars_expects_nothing() -> None:
    """`1 - 0.999` in bfloat16 is zero: a claim of that explains any step, as Keras' in bfloat16 does not move."""
    theta, g, state = recorded("adam()", "bfloat16", 0)
    bands, _ = judged("adam()", arithmetic("bfloat16", scalars=BFLOAT16), 5, theta, g, state)
    assert np.all(np.isinf(bands["param"].bound))


def test_updates_that_keep_intermediates_wider_have_less_than_half_the_bound() -> None:
    """A fused kernel of bfloat16 computes in float32 and rounds once: the plain bound is at least twice as large."""
    theta, g, state = recorded("adam()", "bfloat16", 0)
    plain, fused = (
        judged("adam()", arithmetic("bfloat16", **claims), 5, theta, g, state)[0]
        for claims in ({}, {"scalars": FLOAT64, "intermediates": FLOAT32})
    )
    assert np.all(fused["exp_avg"].bound < 0.5 * plain["exp_avg"].bound)


@pytest.mark.parametrize("spelled", ["adam()", "adamax()", "adagrad()", "rmsprop()", "nadam()", "radam()"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_updates_of_nothing_move_nothing(spelled: str, dtype: str) -> None:
    """A gradient that was always zero is divided by ε, which no correct evaluation rounds to zero: θ stays."""
    d, zero = Updates(arithmetic(dtype)), {"w": np.zeros(3)}
    optimizer = parse(spelled).optimizer
    params = {"w": d.lift([1.0, -2.0, 0.5])}
    after, _ = optimizer.step(d, params, {"w": d.lift(zero["w"])}, optimizer.init(d, params))
    assert np.array_equal(after["w"].center, [1.0, -2.0, 0.5])
    assert np.all(after["w"].bound <= 4.1 * BY_NAME[dtype].unit_roundoff * np.abs(after["w"].center))
