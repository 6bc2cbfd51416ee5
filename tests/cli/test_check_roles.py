"""Which array is which, where use does not tell: by the names that people give, or not at all."""

from __future__ import annotations

import numpy as np
import pytest

from gradagree.cli import rate
from gradagree.cli.options import Options
from gradagree.cli.roles import assign, weights
from gradagree.errors import UsageError
from gradagree.runtime.watching.observations import Data, Observations, Packed, Parameter, Step
from reference.arithmetic import Arithmetic
from reference.formats import FLOAT32, FLOAT64

NOBODY = Options()


def array(*shape: int, dtype: str = "float32") -> Packed:
    """2, 3, 4, …"""
    values = np.arange(2.0, 2.0 + np.prod(shape, dtype=int))
    return {"shape": list(shape), "dtype": dtype, "values": values.tolist()}


LINE = {"w": array(1), "b": array(1)}
DATA = {"x": array(4), "y": array(4)}


def seen(parameters: dict[str, Packed], data: dict[str, Packed], transposed: bool = False) -> Observations:
    return Observations(
        parameters=[Parameter(name, transposed=transposed) for name in parameters],
        data=[Data([name], None, values) for name, values in data.items()],
        steps=[Step(parameters, dict(parameters), None)],
    )


@pytest.mark.parametrize(
    ("w", "b", "x", "y"),
    [
        ("w", "b", "x", "y"),
        ("model.weight", "model.bias", "X_train", "y_train"),
        ("params['w']", "params['b']", "inputs", "targets"),
        ("slope", "intercept", "xs", "ys"),
        ("a", "b", "data", "labels"),
        ("theta1", "theta0", "X", "t"),
        ("w1", "w0", "features", "target"),
        ("w", "anything", "x", "y_obs"),
    ],
)
def test_names_that_people_give(w: str, b: str, x: str, y: str) -> None:
    (found,) = assign(seen({b: array(1), w: array(1)}, {y: array(4), x: array(4), "noise": array(4)}), NOBODY, "it")
    assert found.w.name == w
    assert found.b is not None
    assert found.b.name == b
    assert found.assumed["x"] == f"`{x}`, by its name"
    assert found.assumed["y"] == f"`{y}`, by its name"
    assert (found.x.shape, found.y.shape) == ((4, 1), (4, 1))


def test_the_noisy_target_goes_before_the_clean_one() -> None:
    (found,) = assign(seen(LINE, {**DATA, "y_obs": array(4)}), NOBODY, "it")
    assert found.assumed["y"] == "`y_obs`, by its name"


@pytest.mark.parametrize("transposed", [False, True])
def test_the_weight_of_several_features_and_targets(transposed: bool) -> None:
    observations = seen(
        {"w": array(2, 3) if transposed else array(3, 2), "b": array(2)},
        {"x": array(5, 3), "y": array(5, 2)},
        transposed,
    )
    (found,) = assign(observations, NOBODY, "it")
    V = weights(found, observations.steps[0].parameters)
    assert V.shape == (4, 2)
    assert V[:3].tolist() == ([[2, 5], [3, 6], [4, 7]] if transposed else [[2, 3], [4, 5], [6, 7]])
    assert V[3].tolist() == [2, 3]


def test_a_column_of_ones_in_the_middle() -> None:
    x = {"shape": [3, 3], "dtype": "float64", "values": [5, 1, 2, 6, 1, 3, 8, 1, 4]}
    observations = seen({"theta": array(3, dtype="float64")}, {"x": x, "y": array(3)})
    (found,) = assign(observations, NOBODY, "it")
    assert found.ones == 1
    assert found.x.tolist() == [[5, 2], [6, 3], [8, 4]]
    assert weights(found, observations.steps[0].parameters).ravel().tolist() == [2, 4, 3]


def test_integers_are_taken_as_the_floats_that_hold_them() -> None:
    (found,) = assign(seen(LINE, {"x": array(4, dtype="int64"), "y": array(4)}), NOBODY, "it")
    assert found.x.dtype == np.float64
    assert found.y.dtype == np.float32


@pytest.mark.parametrize(
    ("parameters", "data", "sentence"),
    [
        ({"p": array(1), "q": array(1)}, DATA, "cannot tell which of `p`, `q` is w; --w NAME"),
        (LINE, {"u": array(4), "v": array(4)}, r"which array is x; --x NAME will do \(seen: `u` \(4,\), `v`"),
        (LINE, {"x": array(4)}, "cannot tell which array is y"),
        (LINE, {}, "seen: no arrays with names"),
        (LINE, {"x": array(4), "y": array(5)}, r"x \(`x`\) has 4 rows and y \(`y`\) has 5"),
        ({"w": array(2), "b": array(1)}, DATA, r"shape \(2,\), where x \(4, 1\) and y \(4, 1\) ask for 1"),
        ({"w": array(1), "b": array(4)}, DATA, r"`b` has shape \(4,\)"),
        ({"w": array(1)}, DATA, r"only `w` receives gradients, and no column of x \(`x`\) is all ones"),
        ({**LINE, "c": array(1)}, DATA, "`w`, `b`, `c` all receive gradients"),
        (LINE, {"x": array(4, 2, 2), "y": array(4)}, r"has shape \(4, 2, 2\); \(rows,\) or"),
    ],
)  # fmt: skip
def test_what_cannot_be_told(parameters: dict[str, Packed], data: dict[str, Packed], sentence: str) -> None:
    with pytest.raises(UsageError, match=f"it: .*{sentence}"):
        assign(seen(parameters, data), NOBODY, "it")


def test_names_that_are_given_go_before_all() -> None:
    observations = seen(LINE, {**DATA, "z": array(4)})
    (found,) = assign(observations, Options(x="z", y="x", w="b", b="w"), "it")
    assert (found.assumed["x"], found.assumed["y"]) == ("`z`, as --x says", "`x`, as --y says")
    assert found.w.name == "b"


def test_the_rate_is_the_shortest_decimal_that_explains_every_update() -> None:
    claim = Arithmetic(FLOAT32, FLOAT32)
    g = np.array([3.0, -1.7, 0.9], dtype=np.float32).reshape(3, 1, 1)
    V = np.zeros((4, 1, 1), dtype=np.float32)
    for k in range(3):
        V[k + 1] = V[k] - np.float32(0.0113) * g[k]
    V64, g64 = V.astype(np.float64), g.astype(np.float64)
    assert rate.estimate(V64, g64, claim, 1) == (0.0113, 3)
    assert not rate.explained(0.01131, V64, g64, claim, 1).all()
    # A decaying rate: the first update alone has one.
    V64[2:] += 0.01
    assert rate.estimate(V64, g64, claim, 1) == (0.0113, 1)


def test_nothing_that_descends_has_no_rate() -> None:
    claim, g = Arithmetic(FLOAT64, FLOAT64), np.ones((2, 1, 1))
    still, uphill = np.zeros((3, 1, 1)), np.arange(3.0).reshape(3, 1, 1)
    assert rate.estimate(still, g, claim, 1) is None
    assert rate.estimate(uphill, g, claim, 1) is None
    assert rate.estimate(uphill, np.zeros((2, 1, 1)), claim, 1) is None
    assert rate.estimate(uphill[:1], g, claim, 1) is None
