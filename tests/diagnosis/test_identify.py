"""Where a run disagrees, the narrower arithmetic that made its numbers is named; and no fault is excused by one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradagree.checking.judge import judge
from gradagree.checking.run import Run
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.diagnosis.compare import compare
from gradagree.matrix.cells import Cell
from gradagree.matrix.row import Row
from gradagree.matrix.running import run_cell
from gradagree.matrix.table import table
from gradagree.report.markdown import markdown
from gradagree.report.page import page
from reference.arithmetic import Arithmetic
from reference.formats import BFLOAT16, FLOAT16, TF32
from reference.problem import Problem, regression
from reference.problems import cast
from tests.support import faults
from tests.support import narrow_loops as loops
from tests.support.checking import command
from tests.support.judging import dyadic, plain, recorded
from tests.support.narrow_loops import Narrow
from tests.support.rows import on_trial, runs, written
from tools.attack import orders

Loop = Callable[..., Any]
PRODUCTS = "the factors of both products to 11 bits makes"


def judged(loop: Loop, problem: Problem) -> Judgement:
    return compare(Run(recorded(loop, problem), problem, plain(problem.x.dtype.name)))


def short(name: str, dtype: str, steps: int = 20) -> Problem:
    problem = cast(name, dtype)
    return dataclasses.replace(problem, steps=min(problem.steps, steps))


# Sums that lose a tenth of each term in float16, once they have passed 256; float32 has them exactly.
ADDING = regression("adding", np.ones((512, 1)), np.full((512, 1), 143 / 128), np.zeros((1, 1)), np.zeros(1), 2**-7, 4)

PARAMETERS = "every parameter and every gradient is a"
NAMED = [
    (loops.IN_TF32, "stackoverflow", "float32", f"TF32 multiplication: rounding {PRODUCTS}"),
    (loops.IN_TF32, "targets", "float32", f"TF32 multiplication: rounding {PRODUCTS}"),
    (loops.IN_TF32, "lattice_wide_entries", "float32", f"TF32 multiplication: rounding {PRODUCTS}"),
    (loops.CUT_TO_TF32, "stackoverflow", "float32", f"TF32 multiplication: cutting {PRODUCTS}"),
    (loops.FORWARD_IN_TF32, "norris", "float32", "TF32 multiplication: rounding the factors of x @ w to 11"),
    (loops.BACKWARD_IN_TF32, "targets", "float32", "TF32 multiplication: rounding the factors of the gradient's"),
    (loops.IN_BFLOAT16, "probe97", "float32", "bfloat16 multiplication: rounding the factors of both products to 8"),
    (loops.IN_FLOAT32, "probe97", "float64", "float32 multiplication: rounding the factors of both products to 24"),
    (loops.FLUSHED, "tiny_float32", "float32", "subnormals flushed to zero: all 8 wrong gradients are zero, and the"),
    (loops.autocast, "probe97", "float32", "products and their results in bfloat16: every gradient of w is a bfloat16"),
    (loops.KEPT_IN_BFLOAT16, "probe97", "float32", f"storage in bfloat16: {PARAMETERS} bfloat16 number"),
    (loops.KEPT_IN_FLOAT16, "probe97", "float32", f"storage in float16: {PARAMETERS} float16 number"),
    (loops.KEPT_IN_FLOAT32, "targets", "float64", f"storage and sums in float32: {PARAMETERS} float32 number"),
]  # fmt: skip


@pytest.mark.parametrize(("loop", "name", "dtype", "words"), NAMED)
def test_the_arithmetic_is_named_with_what_speaks_for_it(loop: Loop, name: str, dtype: str, words: str) -> None:
    judgement = judged(loop, short(name, dtype))
    assert judgement.verdict is Verdict.DISAGREES
    assert judgement.arithmetic.startswith(f"consistent with {words}")


@pytest.mark.parametrize(
    ("total", "words"), [(orders.in_turn, "one by one in float16"), (orders.in_lanes, "in 8 lanes of float16")]
)
@pytest.mark.parametrize("scaled_last", [False, True])
def test_narrow_sums_are_done_over_in_the_order_of_the_machine(total: Loop, words: str, scaled_last: bool) -> None:
    problem = ADDING.cast("float16")
    assert judged(Narrow(scaled_last=scaled_last), problem).verdict is Verdict.AGREES
    judgement = judged(Narrow(total=total, scaled_last=scaled_last), problem)
    assert judgement.arithmetic.startswith(f"consistent with sums in float16: adding {words} makes")


@pytest.mark.parametrize("reduction", ["half-mse", "sum"])
def test_identify_another_reduction_makes_no_difference(reduction: str) -> None:
    problem = short("probe97", "float32")
    factor = {"half-mse": 0.5, "sum": problem.y.size}[reduction]
    problem = problem.replace(lr=problem.lr / factor, reduction=reduction)
    right = Narrow(factor=factor, scaled_last=True)
    loop = dataclasses.replace(loops.IN_TF32, factor=factor, scaled_last=True)
    assert judged(right, problem).verdict is Verdict.AGREES
    assert judged(loop, problem).arithmetic.startswith(f"consistent with TF32 multiplication: rounding {PRODUCTS}")


def test_iterates_alone_tell_of_storage_and_not_of_products() -> None:
    problem = short("probe97", "float32")
    kept = judged(faults.without_gradients(loops.KEPT_IN_BFLOAT16), problem)
    assert kept.arithmetic == "consistent with storage in bfloat16: every parameter is a bfloat16 number"
    multiplied = judged(faults.without_gradients(loops.IN_BFLOAT16), problem)
    assert (multiplied.verdict, multiplied.arithmetic) == (Verdict.DISAGREES, "")


FAULTS = {
    "scaled by 1.0001": Narrow(factor=1 + 1e-4),
    "scaled by 1.05": Narrow(factor=1.05),
    "a row dropped": Narrow(rows=1),
    "stale": Narrow(stale=True),
}


@pytest.mark.parametrize("name", ["stackoverflow", "targets", "tails_rows_17", "norris", "single_row"])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_excused_by_no_arithmetic(fault: Narrow, name: str) -> None:
    judgement = judged(fault, short(name, "float32"))
    assert (judgement.verdict, judgement.arithmetic) == (Verdict.DISAGREES, "")


HELD = [
    (1 + 1e-4, "stackoverflow", "float32", {"multiply": TF32}),
    (1.01, "stackoverflow", "float32", {"multiply": BFLOAT16}),
    (1.05, "tails_rows_17", "bfloat16", {"accumulate": BFLOAT16}),
    (1.05, "stackoverflow", "float16", {"accumulate": FLOAT16}),
]


@pytest.mark.parametrize(("factor", "name", "dtype", "narrower"), HELD)
def test_not_even_where_the_bounds_of_one_hold_it(factor: float, name: str, dtype: str, narrower: Any) -> None:
    """What keeps a fault from being excused is the missing trace, and not luck."""
    problem = short(name, dtype)
    run = recorded(Narrow(factor=factor), problem)
    assert judge(Run(run, problem, dataclasses.replace(plain(dtype), **narrower))).verdict is Verdict.AGREES
    judgement = compare(Run(run, problem, plain(dtype)))
    assert (judgement.verdict, judgement.arithmetic) == (Verdict.DISAGREES, "")


def test_nor_where_its_bounds_tell_something_elsewhere_alone() -> None:
    """On a lattice all numbers are short, and the first step is exact in bfloat16; at the second anything would go."""
    problem = cast("lattice_64", "float32")
    run = recorded(Narrow(stale=True), problem)
    in_bfloat16 = judge(Run(run, problem.cast("bfloat16"), Arithmetic(BFLOAT16, BFLOAT16, dyadic=True)))
    assert (in_bfloat16.verdict, in_bfloat16.resolution) == (Verdict.AGREES, 0)
    judgement = compare(Run(run, problem, dyadic("float32")))
    assert (judgement.verdict, judgement.arithmetic) == (Verdict.DISAGREES, "")


@pytest.mark.parametrize(
    "few",
    [
        dataclasses.replace(cast("probe97", "float32"), steps=1),
        regression("row", np.full((1, 8), 0.7), np.ones((1, 1)), np.full((8, 1), 0.3), np.zeros(1), 0.1, 2).cast(
            "float32"
        ),
    ],
    ids=["two numbers", "multiples of two residuals"],
)
def test_so_few_numbers_that_come_right_might_be_an_accident(few: Problem) -> None:
    judgement = judged(loops.IN_TF32, few)
    assert (judgement.verdict, judgement.arithmetic) == (Verdict.DISAGREES, "")
    more = few.replace(steps=20, lr=few.lr / 10)
    assert judged(loops.IN_TF32, more).arithmetic.startswith("consistent with TF32 multiplication: rounding")


def test_bounds_that_tell_nothing_name_nothing() -> None:
    problem = short("stackoverflow", "bfloat16")
    run = recorded(Narrow(factor=1.2), problem)
    blind = dataclasses.replace(plain("bfloat16"), accumulate=BFLOAT16)
    assert judge(Run(run, problem, blind)).verdict is Verdict.INCONCLUSIVE
    judgement = compare(Run(run, problem, plain("bfloat16")))
    assert (judgement.verdict, judgement.arithmetic) == (Verdict.DISAGREES, "")


def test_two_things_wrong_are_not_one_arithmetic() -> None:
    """TF32 products explain the gradients of a loop whose updates are wrong besides, but not the loop."""
    problem = short("targets", "float32")
    run = recorded(loops.IN_TF32, problem)
    moved = run.b.copy()
    moved[3:] += 1
    assert compare(Run(run.with_params(b=moved), problem, plain("float32"))).arithmetic == ""


def test_a_run_that_agrees_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: Any) -> str:
        raise AssertionError("identify was called")

    monkeypatch.setattr("gradagree.diagnosis.compare.identify", asked)
    assert judged(loops.RIGHT, short("probe97", "float32")).verdict is Verdict.AGREES
    with pytest.raises(AssertionError, match="identify was called"):
        judged(loops.IN_TF32, short("probe97", "float32"))


def test_a_run_that_diverges_is_no_trouble() -> None:
    problem = dataclasses.replace(cast("diverging", "float32"), steps=200)
    judgement = judged(Narrow(factor=1.05), problem)
    assert (judgement.verdict, judgement.arithmetic) == (Verdict.DISAGREES, "")


def in_tf32(*inputs: Any) -> Any:
    return loops.IN_TF32(*inputs)


@pytest.fixture(scope="module")
def row() -> Row:
    return run_cell(
        Cell(on_trial("tests.diagnosis.test_identify:in_tf32", "numpy_narrow"), "cpu", "float32", "probe97")
    )


def test_row_table_page_and_summary_tell_it(row: Row, tmp_path: Path) -> None:
    told = f"consistent with TF32 multiplication: rounding {PRODUCTS}"
    assert row.verdict == "DISAGREES"
    assert row.arithmetic.startswith(told)
    assert row.as_json()["arithmetic"] == row.arithmetic
    assert table([row])[3].strip() == row.arithmetic
    read = runs(written(tmp_path / "run.jsonl", row))
    assert told in page(read).split('id="data"')[0]
    assert told in markdown(read)
    assert told in row.why


def test_the_command_line_tells_it(tmp_path: Path) -> None:
    path = tmp_path / "narrow.py"
    head = "import numpy as np\nfrom tests.support.narrow_loops import IN_TF32\n\n"
    path.write_text(f"{head}def descend(x, y, w, b, lr, steps):\n    return IN_TF32(x, y, w, b, lr, steps)\n")
    answer = command("check", path, "--dtype", "float32", "--problem", "probe97")
    assert answer.status == 1
    assert f"  = note: consistent with TF32 multiplication: rounding {PRODUCTS}" in answer.out
