"""Optimizers against their definitions in fractions, and their bounds against evaluations in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from reference.arithmetic import Arithmetic
from reference.domains.exact import Exact
from reference.domains.rounded import Rounded
from reference.formats import BFLOAT16, BY_NAME, FLOAT32
from reference.inflation import inflation
from reference.optimizers import State
from reference.optimizers.sgd import BUFFER, SGD, descended_floats
from reference.rounding import update_bound

Array = Any
EXACT = Exact()
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "uphill": {"maximize": True},
    "momentum": {"momentum": 0.9},
    "dampening": {"momentum": 0.9, "dampening": 0.25},
    "nesterov": {"momentum": 0.9, "nesterov": True},
    "decay": {"weight_decay": 0.01},
    "decay, momentum": {"weight_decay": 0.01, "momentum": 0.9, "maximize": True},
    "decoupled": {"weight_decay": 0.01, "decoupled": True, "momentum": 0.9},
    "inside": {"momentum": 0.9, "lr_inside_buffer": True},
    "inside, nesterov": {"momentum": 0.9, "lr_inside_buffer": True, "nesterov": True},
}


def by_definition(lr: Any, theta: Any, g: Any, v: Any, number: Callable[[Any], Any], **options: Any) -> tuple[Any, Any]:
    """One step as its papers and frameworks write it, on numbers of any kind; v is `None` before the first step."""
    mu, decay = number(options.get("momentum", 0)), number(options.get("weight_decay", 0))
    g = -g if options.get("maximize") else g
    if options.get("decoupled"):
        theta = theta - number(lr) * decay * theta
    elif options.get("weight_decay"):
        g = g + decay * theta
    if options.get("lr_inside_buffer"):
        v = -number(lr) * g if v is None else mu * v - number(lr) * g
        return theta + (mu * v - number(lr) * g if options.get("nesterov") else v), v
    if not options.get("momentum"):
        return theta - number(lr) * g, None
    v = g if v is None else mu * v + (1 - number(options.get("dampening", 0))) * g
    return theta - number(lr) * (g + mu * v if options.get("nesterov") else v), v


def recorded(v: Array) -> State:
    return State(1, {BUFFER: {"w": v}})


def number(value: Any) -> Fraction:
    return Fraction(float(value))


def exactly(numbers: Any) -> list[Fraction]:
    unit = Fraction(2) ** numbers.numerator.exponent / numbers.denominator
    return [Fraction(int(n)) * unit for n in numbers.numerator.digits]


THETA, GRADIENT, KEPT = np.random.default_rng(0).standard_normal((3, 64)) * 2.0 ** np.arange(-32, 32)[None]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("first", [True, False])
def test_sgd_over_exact_is_its_definition(options: str, first: bool) -> None:
    given = OPTIONS[options]
    state = State() if first else recorded(EXACT.lift(KEPT))
    params, grads = {"w": EXACT.lift(THETA)}, {"w": EXACT.lift(GRADIENT)}
    after, then = SGD(0.1, **given).step(EXACT, params, grads, state)
    wanted = [
        by_definition(0.1, number(t), number(g), None if first else number(v), number, **given)
        for t, g, v in zip(THETA, GRADIENT, KEPT, strict=True)
    ]
    assert exactly(after["w"]) == [theta for theta, _ in wanted]
    assert then.step == state.step + 1
    if "momentum" in given:
        assert exactly(then.values[BUFFER]["w"]) == [v for _, v in wanted]
    else:
        assert not then.values


DTYPES = {
    "float64": (np.float64, Arithmetic(BY_NAME["float64"], BY_NAME["float64"])),
    "float32": (np.float32, Arithmetic(FLOAT32, FLOAT32)),
    "bfloat16": (ml_dtypes.bfloat16, Arithmetic(BFLOAT16, FLOAT32)),
    "float16": (np.float16, Arithmetic(BY_NAME["float16"], FLOAT32)),
}


def worst(dtype: str, options: dict[str, Any], made: dict[str, Any], scale: float = 1.0) -> float:
    """The largest error over its bound, of parameters and buffer, where NumPy makes the step by options of its own."""
    kind, claim = DTYPES[dtype]
    theta, g, v = (np.asarray(a * scale).astype(kind) for a in np.random.default_rng(1).standard_normal((3, 500)))
    lr = made.get("lr", 0.1)
    rest = {name: value for name, value in made.items() if name != "lr"}
    computed = by_definition(lr, theta, g, v, lambda value: np.asarray(value).astype(kind), **rest)
    optimizer, ratios = SGD(0.1, **options), []
    over_exact, over_rounded = (
        optimizer.step(d, {"w": d.lift(theta)}, {"w": d.lift(g)}, recorded(d.lift(v)))
        for d in (EXACT, Rounded(claim, claim.updates))
    )
    results = [(over_exact[0]["w"], over_rounded[0]["w"], computed[0])]
    if "momentum" in options and computed[1] is not None:
        results.append((over_exact[1].values[BUFFER]["w"], over_rounded[1].values[BUFFER]["w"], computed[1]))
    for exact, found, got in results:
        error = EXACT.subtract(EXACT.lift(got.astype(np.float64)), exact).to_floats()
        ratios.append(np.abs(error) / found.bound)
    return float(np.max(ratios))


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [1.0, 2.0**-18], ids=["ordinary", "small"])
def test_sgd_over_rounded_holds_what_numpy_computes(dtype: str, options: str, scale: float) -> None:
    found = worst(dtype, OPTIONS[options], OPTIONS[options], scale)
    assert 0.1 < found <= 1, "a bound that nothing comes near would hold anything"


MISTAKEN = {
    "another rate": ("plain", {"lr": 0.11}),
    "downhill": ("uphill", {}),
    "another momentum": ("momentum", {"momentum": 0.95}),
    "no dampening": ("dampening", {"momentum": 0.9}),
    "no nesterov": ("nesterov", {"momentum": 0.9}),
    "no decay": ("decay", {}),
    "coupled for decoupled": ("decoupled", {"weight_decay": 0.01, "momentum": 0.9}),
    "the buffer's rate outside": ("inside", {"momentum": 0.9}),
}


@pytest.mark.parametrize("mistake", MISTAKEN)
@pytest.mark.parametrize("dtype", DTYPES)
def test_sgd_over_rounded_refuses_another_recurrence(dtype: str, mistake: str) -> None:
    options, made = MISTAKEN[mistake]
    assert not worst(dtype, OPTIONS[options], made) <= 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_sgd_over_rounded_is_the_closed_bound_of_an_update(dtype: str) -> None:
    """They differ in whose size the last rounding is taken from, the exact result's or the reported one's: by u of it.

    What underflows is counted at each of three roundings, where the closed bound counts it once.
    """
    kind, claim = DTYPES[dtype]
    theta, g = (a.astype(kind).astype(np.float64) for a in np.random.default_rng(2).standard_normal((2, 500)))
    d, u = Rounded(claim, claim.updates), claim.updates.unit_roundoff
    after, _ = SGD(0.1).step(d, {"w": d.lift(theta)}, {"w": d.lift(g)}, State())
    closed = update_bound(claim, 0.1, g, descended_floats(theta, g, 0.1))
    # Of float64, the centre's own error counts as a part of the result's size. Three operations and the closed bound
    # are each lifted above their own rounding.
    lifted = 4 * (inflation() - 1)
    assert after["w"].bound == pytest.approx(closed, rel=4 * u + lifted, abs=4 * claim.omega)


@pytest.mark.parametrize("lr", [-0.1, float("nan"), "0.1"])
def test_sgd_refuses_a_rate_that_is_none(lr: Any) -> None:
    with pytest.raises(ValueError, match=r"^lr: got .*; a finite number that is not negative will do$"):
        SGD(lr)


@pytest.mark.parametrize("lr", [0.1, 0.0, -0.1])
def test_descended_floats_is_numpy_s_own_step(lr: float) -> None:
    assert np.array_equal(descended_floats(THETA, GRADIENT, lr), THETA - lr * GRADIENT)
