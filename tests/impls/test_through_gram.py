"""A loss through XᵀX is rounded before it cancels: the claim says so, and the plain claim would not hold.

And XᵀX is two things: of one array and its own transpose, BLAS computes a triangle and mirrors it (syrk); of an array
and a copy it does not know that the product is symmetric, and computes all of it (gemm).
"""

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gradagree.checking.run import Run
from gradagree.checking.verdict import Verdict
from gradagree.diagnosis.compare import compare
from gradagree.matrix import registry
from impls.numpy_analytic import descend as analytic
from impls.numpy_gram import descend
from reference.problem import LAYOUTS, Problem, regression
from reference.problems import cast
from reference.truth import Truth
from tests.support.judging import plain, recorded

Array = NDArray[Any]

ENTRY = next(entry for entry in registry.first_order() if entry.name == "numpy_gram")


@pytest.fixture(scope="module")
def nearly_solved() -> Problem:
    """x around 1000, and a start so near to the minimiser that residuals are small beside their terms."""
    problem = cast("offset", "float32")
    w, b = problem.least_squares.solution()
    assert b is not None
    return problem.replace(w0=w.astype("float32"), b0=b.astype("float32"), steps=3)


@pytest.mark.parametrize(
    ("quantity", "through_gram", "holds"), [("gradient", True, True), ("loss", True, True), ("loss", False, False)]
)
def test_compare_near_the_minimiser_holds_under_the_claim_alone(
    nearly_solved: Problem, quantity: str, through_gram: bool, holds: bool
) -> None:
    claim = replace(ENTRY.arithmetic("cpu", "float32"), through_gram=through_gram)
    judgement = compare(Run(recorded(descend, nearly_solved), nearly_solved, claim))
    assert (judgement.checks[quantity].first_violation is None) is holds


def test_compare_of_sums_beyond_the_range_is_inconclusive() -> None:
    """2**140 is beyond float32, and no other implementation meets it: residuals of about 1 meet x of 2**70."""
    x, y = np.full((4, 1), 2.0**70, np.float32), np.full((4, 1), 1.25, np.float32)
    problem = regression("far", x, y, np.full((1, 1), 2.0**-70, np.float32), np.zeros(1, np.float32), 2.0**-145, 1)
    with np.errstate(over="ignore", invalid="ignore"):
        run = recorded(descend, problem)
    verdicts = [
        compare(Run(run, problem, replace(plain("float32"), through_gram=gram))).verdict for gram in (False, True)
    ]
    assert verdicts == [Verdict.INVALID, Verdict.INCONCLUSIVE]
    assert compare(Run(recorded(analytic, problem), problem, plain("float32"))).verdict is Verdict.AGREES


def test_within_of_sums_takes_the_accumulators_range() -> None:
    """XᵀX of the classic data leaves float16, in which nothing but the data and the results are kept."""
    problem, claim = cast("stackoverflow", "float16"), ENTRY.arithmetic("cpu", "float16")
    sizes = Truth(problem, claim, problem.V0[None]).sizes
    assert sizes.peak_through_gram[0] > claim.largest
    assert sizes.within(claim)[0]
    assert not sizes.within(replace(claim, accumulate=claim.storage))[0]


# The product xᵀx of the very view that is handed in, whatever its strides.
PRODUCTS: dict[str, Callable[[Array], Array]] = {"view": lambda x: x.T @ x, "copy": lambda x: x.T @ x.copy()}


def through(product: Callable[[Array], Array]) -> Callable[..., Any]:
    """Descent through xᵀx, the sums of x and xᵀy: as in `numpy_gram`, but with no column of ones to copy x beside."""

    def descend(x: Array, y: Array, w: Array, b: Array, lr: float, steps: int) -> Generator[Any, None, Any]:
        square, sums, cross, targets = product(x), x.sum(axis=0)[:, None], x.T @ y, y.sum(axis=0)
        scale = x.dtype.type(2.0 / y.size)
        for _ in range(steps):
            grad_w = scale * (square @ w + sums * b - cross)
            grad_b = scale * ((sums * w).sum(axis=0) + len(x) * b - targets)
            yield w, b, grad_w, grad_b
            w, b = w - x.dtype.type(lr) * grad_w, b - x.dtype.type(lr) * grad_b
        return w, b

    return descend


def in_layout(name: str, layout: str, dtype: str) -> Problem:
    return replace(cast(name, dtype), layout=layout)


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_compare_of_either_product_agrees(product: str, layout: str, dtype: str) -> None:
    problem = in_layout("targets", layout, dtype)
    claim = replace(plain(dtype), through_gram=True)
    judgement = compare(Run(recorded(through(PRODUCTS[product]), problem), problem, claim))
    assert (judgement.verdict, judgement.reason) == (Verdict.AGREES, "")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["lattice_64_targets", "lattice_4096_targets"])
def test_either_product_on_a_lattice_is_exact(name: str, layout: str) -> None:
    problem = in_layout(name, layout, "float32")
    exact = Truth(problem, plain("float32"), problem.V0[None]).gradient[0]
    for product in PRODUCTS.values():
        seen = recorded(through(product), problem)
        assert seen.grad_w is not None
        assert seen.grad_b is not None
        assert np.array_equal(np.vstack([seen.grad_w[0], seen.grad_b[0]]), exact)


def test_compare_of_a_triangle_that_is_not_mirrored_disagrees() -> None:
    """What is left of syrk when its other half is forgotten."""
    problem = in_layout("targets", LAYOUTS[0], "float32")
    run = through(lambda x: np.triu(x.T @ x))
    judgement = compare(Run(recorded(run, problem), problem, replace(plain("float32"), through_gram=True)))
    assert judgement.verdict is Verdict.DISAGREES
    assert judgement.reason.startswith("step 0, w.grad")


@pytest.mark.parametrize("layout", [layout for layout in LAYOUTS if layout != "contiguous"])
def test_memory_layout_is_a_view(layout: str) -> None:
    """Else both products would be one."""
    from gradagree.runtime.frameworks import framework
    from gradagree.runtime.inputs import with_memory_layout

    x = with_memory_layout(framework("numpy"), cast("targets", "float32").x, "cpu", layout)
    assert x.base is not None
    assert not np.shares_memory(x, x.copy())
