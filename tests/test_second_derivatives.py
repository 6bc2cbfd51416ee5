"""Second derivatives: every implementation against the exact Hessian, and faults that the judge of them must see."""

from collections.abc import Callable
from fractions import Fraction
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gradagree.checking.curvature import excluded, judge, some_directions
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.matrix import registry, second_order
from gradagree.pytest_plugin.cells import test_second_derivatives
from gradagree.runtime import frameworks
from reference.arithmetic import Arithmetic
from reference.curvature import Curvature, symmetric, unit_directions
from reference.formats import BY_NAME
from reference.problems import cast
from tests.support.judging import plain

__all__ = ["test_second_derivatives"]


@pytest.mark.parametrize(
    ("problem", "dtype", "reason"),
    [
        ("scales", "float16", "beyond the largest float16"),
        ("offset", "float16", "leave the range of float16"),
        ("wide", "bfloat16", "its bounds are wider than its curvature: 1024 rows in bfloat16"),
    ],
)
def test_what_tells_nothing_is_left_out_with_its_reason(problem: str, dtype: str, reason: str) -> None:
    narrow = Arithmetic(BY_NAME[dtype], BY_NAME[dtype])
    assert reason in (excluded(problem, dtype, narrow) or "")


# The exact numbers, a second time.


def test_the_product_is_the_fractions_own() -> None:
    problem = cast("targets", "float32")
    directions = some_directions(problem)
    got = Curvature(problem, directions).product
    X = [[Fraction(float(v)) for v in row] + [Fraction(1)] for row in problem.x]
    scale = Fraction(2, len(X) * problem.y.shape[1])
    for k, direction in enumerate(directions):
        for t in range(direction.shape[1]):
            V = [Fraction(float(v)) for v in direction[:, t]]
            XV = [sum((a * v for a, v in zip(row, V, strict=True)), Fraction(0)) for row in X]
            for j in range(len(V)):
                exact = scale * sum((row[j] * r for row, r in zip(X, XV, strict=True)), Fraction(0))
                assert got[k, j, t] == float(exact)


def test_the_hessian_is_its_products_with_unit_directions() -> None:
    problem = cast("tails_params_3", "float32")
    products = Curvature(problem, unit_directions(4, 1)).product
    assert np.array_equal(products[:, :, 0], problem.least_squares.hessian().astype(np.float64))


def test_bounds_across_the_diagonal_are_one() -> None:
    problem = cast("scales", "float32")
    bound = symmetric(Curvature(problem, unit_directions(6, 1)).bound(plain("float32")))
    assert np.array_equal(bound[:, :, 0], bound[:, :, 0].T)


# Planted faults, for NumPy.


def hessian_of(x: Any, m: int) -> Any:
    """The blocks of the exact formula, in float64."""
    X = np.hstack([x, np.ones((len(x), 1))])
    H = np.einsum("jk,st->jskt", 2 / (len(x) * m) * X.T @ X, np.eye(m))
    return H[:-1, :, :-1], H[:-1, :, -1], H[-1, :, :-1], H[-1, :, -1]


def road_of(change: Callable[[list[Any]], None]) -> ModuleType:
    """An implementation to the Hessian with something changed in its blocks."""

    def hessian(x: Any, y: Any, w: Any, b: Any) -> Any:  # noqa: ARG001
        blocks = [np.array(block) for block in hessian_of(x, y.shape[1])]
        change(blocks)
        return tuple(blocks)

    return SimpleNamespace(hessian=hessian, __name__="planted")  # type: ignore[return-value]


def judged(implementation: ModuleType) -> Judgement:
    return judge(implementation, cast("targets", "float64"), frameworks.framework("numpy"), "cpu", plain("float64"))


def doubled(blocks: list[Any]) -> None:
    for block in blocks:
        block *= 2


def without_targets(blocks: list[Any]) -> None:
    for block in blocks:
        block *= 4  # the 1/m of four targets


def one_entry(blocks: list[Any]) -> None:
    blocks[0][0, 0, 1, 0] *= 1 + 1e-9


def targets_mixed(blocks: list[Any]) -> None:
    blocks[0][0, 0, 0, 1] = 1e-9


def not_a_number(blocks: list[Any]) -> None:
    blocks[3][0, 0] = np.nan


def missing_axis(blocks: list[Any]) -> None:
    blocks[3] = np.diagonal(blocks[3])


def narrower(blocks: list[Any]) -> None:
    blocks[3] = blocks[3].astype(np.float32)


def test_the_formula_agrees() -> None:
    assert judged(road_of(lambda blocks: None)).verdict is Verdict.AGREES  # noqa: ARG005


@pytest.mark.parametrize(
    ("change", "verdict", "words"),
    [
        (doubled, Verdict.DISAGREES, "direction 0, w of H[0, 0]: got"),
        (without_targets, Verdict.DISAGREES, "direction 0, w of H[0, 0]: got"),
        (one_entry, Verdict.DISAGREES, "direction 4, w of H[0, 0]: got"),
        (targets_mixed, Verdict.DISAGREES, "direction 1, w of H[0, 0]: got"),
        (not_a_number, Verdict.INVALID, "not finite"),
        (missing_axis, Verdict.INVALID, "bb: expected shape (4, 4), got (4,)"),
        (narrower, Verdict.INVALID, "bb: expected dtype float64, got float32"),
    ],
)
def test_a_planted_fault_is_seen(change: Callable[[list[Any]], None], verdict: Verdict, words: str) -> None:
    judgement = judged(road_of(change))
    assert judgement.verdict is verdict
    assert judgement.reason.startswith(words)


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, Verdict.AGREES), (1 + 1e-9, Verdict.DISAGREES)])
def test_a_product_that_is_off_is_seen(factor: float, verdict: Verdict) -> None:
    def product(x: Any, y: Any, w: Any, b: Any, v: Any, c: Any) -> Any:  # noqa: ARG001
        residual = (x @ v + c) * (2 / y.size) * factor
        return x.T @ residual, residual.sum(axis=0)

    implementation: Any = SimpleNamespace(product=product, __name__="planted")
    assert judged(implementation).verdict is verdict


def test_x_comes_in_its_layout() -> None:
    """An implementation that reads its memory as though it were contiguous finds NaN beside the view."""

    def contiguous(x: Any, y: Any, w: Any, b: Any) -> Any:  # noqa: ARG001
        return hessian_of(np.lib.stride_tricks.as_strided(x, strides=(x.shape[1] * x.itemsize, x.itemsize)), y.shape[1])

    implementation: Any = SimpleNamespace(hessian=contiguous, __name__="planted")
    verdicts = [
        judge(implementation, cast(name, "float64"), frameworks.framework("numpy"), "cpu", plain("float64")).verdict
        for name in ("targets", "layouts_strided")
    ]
    assert verdicts == [Verdict.AGREES, Verdict.INVALID]


@pytest.mark.parametrize("problem", ["layouts_strided", "probe97"])
def test_what_cannot_be_is_left_out_as_it_is_for_loops(problem: str) -> None:
    implementation = next(
        implementation for implementation in registry.second_order() if implementation.framework == "jax"
    )
    assert second_order.excluded(implementation, "mps", "float64", problem) == "Apple's GPUs have no float64"
    why = None if problem == "probe97" else "JAX's arrays have no strides"
    assert second_order.excluded(implementation, "cpu", "float64", problem) == why


def test_a_module_without_either_function_is_refused() -> None:
    empty: Any = SimpleNamespace(__name__="empty")
    with pytest.raises(ValueError, match="empty: expected a function called hessian or product, got neither"):
        judged(empty)
