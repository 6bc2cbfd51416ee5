"""A flag that does nothing does not pass: narrower products that were asked for must be seen."""

from typing import Any

import numpy as np
import pytest

from gradagree.matrix import registry
from gradagree.matrix.cells import Cell
from gradagree.matrix.precision_setting import INFORMATIVE
from gradagree.matrix.running import run_cell
from reference.claim import Claim
from reference.formats import TF32
from tests.support.rows import on_trial

ROUNDED = Claim({"multiply": TF32}, "factors are rounded to TF32")
NARROWER = {entry.name: entry for entry in registry.first_order() if entry.arithmetic("cuda", "float32").multiply}


def narrowed(values: Any) -> Any:
    """Float32 values rounded to the 11 bits of TF32."""
    digits, exponent = np.frexp(values)
    return np.ldexp(np.round(digits * 2**TF32.precision), exponent - TF32.precision).astype(np.float32)


def descend(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
    """Descent with TF32 products, as a tensor core computes them."""
    for _ in range(steps):
        scaled = (narrowed(x) @ narrowed(w) + b - y) * x.dtype.type(2 / y.size)
        grad_w, grad_b = narrowed(x).T @ narrowed(scaled), scaled.sum(axis=0)
        yield w, b, grad_w, grad_b
        w, b = w - lr * grad_w, b - lr * grad_b
    return w, b


def row_of(target: str, problem: str = INFORMATIVE) -> tuple[str, str]:
    row = run_cell(Cell(on_trial(target, claims=(ROUNDED,)), "cpu", "float32", problem))
    return row.verdict, row.reason


def test_row_of_tf32_products_agrees() -> None:
    assert row_of("tests.matrix.test_vain:descend") == ("AGREES", "")


def test_row_of_a_setting_without_effect_is_inconclusive() -> None:
    reason = "tf32 was requested but had no effect: products carry full float32 precision"
    assert row_of("impls.numpy_analytic:descend") == ("INCONCLUSIVE", reason)


def test_row_on_another_problem_agrees() -> None:
    assert row_of("impls.numpy_analytic:descend", "probe97") == ("AGREES", "")


def test_row_of_autocast_agrees() -> None:
    pytest.importorskip("torch")
    row = run_cell(Cell(NARROWER["torch_amp"], "cpu", "float32", INFORMATIVE))
    assert (row.verdict, row.reason) == ("AGREES", "")


@pytest.mark.parametrize("name", NARROWER)
def test_cells_of_narrower_products_have_the_informative_problem(name: str) -> None:
    from gradagree.matrix.cells import cells

    found = cells([NARROWER[name]], NARROWER[name].devices, ["float32"], [INFORMATIVE], "full")
    assert list(found)
