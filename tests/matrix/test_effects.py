"""What a known defect does, and that anything else which is wrong in such a cell is a surprise, and fails it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import impls
from gradagree.checking.judge import judge
from gradagree.checking.run import Run
from gradagree.matrix import known_defects, registry
from gradagree.matrix.cells import Cell
from gradagree.matrix.effects import Effect, as_contiguous, beyond, unmoved
from gradagree.matrix.known_defects import KnownDefect, expected
from gradagree.matrix.row import Row
from gradagree.matrix.running import run_cell
from gradagree.runtime.frameworks import installed
from reference.problems import cast
from tests.support.judging import plain, recorded

Array = Any

# What an effect says that parameters move by.


@pytest.mark.parametrize("width", [8, 16])
@pytest.mark.parametrize("shape", [(3, 1, 1), (2, 17, 1), (1, 5, 7), (1, 2, 33)])
def test_whole_vectors_of_w_and_of_b_do_not_move(shape: tuple[int, int, int], width: int) -> None:
    steps, d, m = shape
    gradient = 1 + np.arange(steps * (d + 1) * m, dtype=np.float64).reshape(steps, d + 1, m)
    moved = unmoved(width)(gradient)
    for k in range(steps):
        for part, whole in ((moved[k, :-1], gradient[k, :-1]), (moved[k, -1:], gradient[k, -1:])):
            rest = part.size % width
            assert part.ravel().tolist() == [0] * (part.size - rest) + whole.ravel().tolist()[part.size - rest :]


@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (7, 1), (1, 5), (3, 4), (8, 4)])
def test_what_is_taken_for_contiguous_moves_as_memory_does(shape: tuple[int, int]) -> None:
    d, m = shape
    gradient = 1 + np.arange((d + 1) * m, dtype=np.float64).reshape(1, d + 1, m)
    table = np.zeros((2 * d, 2 * m))
    table.ravel()[: d * m] += gradient[0, :-1].ravel()
    moved = as_contiguous(gradient)
    assert np.array_equal(moved[0, :-1], table[::2, ::2])
    assert np.array_equal(moved[0, -1], gradient[0, -1])


# What it does not explain.


def loop(
    move: Callable[[Array, Array], tuple[Array, Array]] = lambda dw, db: (dw, db),
    report: Callable[[Array, Array], tuple[Array, Array]] = lambda dw, db: (dw, db),
    loss: float = 1.0,
) -> Callable[..., Any]:
    """Descent that reports, and moves by, something made of its gradients."""

    def descend(x: Array, y: Array, w: Array, b: Array, lr: float, steps: int) -> Generator[Any, None, Any]:
        for _ in range(steps):
            residual = x @ w + b - y
            scaled = residual * (2 / y.size)
            reported = report(x.T @ scaled, scaled.sum(axis=0))
            yield w, b, *reported, (residual**2).mean() * np.float32(loss)
            w, b = (p - lr * g for p, g in zip((w, b), move(*reported), strict=True))
        return w, b

    return descend


HALVED = Effect(moves=lambda gradient: gradient / 2)
SUMMED = Effect(times=2)


def half(dw: Array, db: Array) -> tuple[Array, Array]:
    return dw / 2, db / 2


def double(dw: Array, db: Array) -> tuple[Array, Array]:
    return dw * 2, db * 2


def unexplained(effect: Effect, run: Callable[..., Any], problem_name: str = "targets") -> str:
    problem, claim = cast(problem_name, "float32"), plain("float32")
    seen = Run(recorded(run, problem), problem, claim)
    return beyond(effect, seen, judge(seen))


@pytest.mark.parametrize("problem", ["targets", "probe97", "lattice_64_targets"])
@pytest.mark.parametrize(("effect", "run"), [(HALVED, loop(half)), (SUMMED, loop(report=double))])
def test_a_defect_explains_itself(effect: Effect, run: Callable[..., Any], problem: str) -> None:
    assert unexplained(effect, run, problem) == ""


@pytest.mark.parametrize(
    ("effect", "run", "part"),
    [
        (HALVED, loop(), "w[0, 0]"),  # no defect at all
        (HALVED, loop(double), "w[0, 0]"),
        (HALVED, loop(lambda dw, db: (dw / 2, db)), "b[0]"),
        (HALVED, loop(lambda dw, db: (dw / 2, 0 * db)), "b[0]"),
        (HALVED, loop(half, report=half), "w.grad[0, 0]"),
        (HALVED, loop(half, report=lambda dw, db: (dw, np.float32(1.001) * db)), "b.grad[0]"),
        (HALVED, loop(half, loss=1.01), "loss"),
        (SUMMED, loop(), "w.grad[0, 0]"),
        (SUMMED, loop(report=lambda dw, db: (2 * dw, db)), "b.grad[0]"),
        (SUMMED, loop(half, report=double), "w[0, 0]"),
        (SUMMED, loop(report=double, loss=2.0), "loss"),
    ],
)
def test_anything_else_is_named(effect: Effect, run: Callable[..., Any], part: str) -> None:
    assert unexplained(effect, run).startswith(f"step 0, {part}: got ")


def test_without_gradients_nothing_is_explained() -> None:
    def descend(x: Array, y: Array, w: Array, b: Array, lr: float, steps: int) -> Generator[Any, None, Any]:
        for each in loop(half)(x, y, w, b, lr, steps):
            yield each[:2]
        return None

    assert "no gradient was reported" in unexplained(HALVED, descend)


# Cells of the known defects, with a second fault planted on top.

VIEW = Path(impls.__file__).parent / "torch_optim_fused_view.py"
PROBLEMS = ("targets", "tails_params_17", "scales")


def row_of(folder: Path, problem: str, dtype: str, *changes: tuple[str, str]) -> Row:
    """The row of the view's cell, after changes to its source."""
    if not installed("torch"):
        pytest.skip("torch is not installed")
    source = VIEW.read_text()
    for old, new in changes:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    path = folder / "changed.py"
    path.write_text(source)
    entry = next(entry for entry in registry.first_order() if entry.name == VIEW.stem)
    changed = dataclasses.replace(entry, target=f"{path}:descend")
    return run_cell(Cell(changed, "cpu", dtype, problem))


BACKWARD, RATE, END, YIELD = "loss.backward()", "lr=lr", "    return w, b", "yield w, b, w.grad, b.grad, loss"
TWICE = ("def descend", "runs = []\n\n\ndef descend"), ("    rows, columns", "    runs.append(0)\n    rows, columns")
FAULTS = {
    "a frozen bias": ([("SGD([w, b]", "SGD([w]")], "b[0]"),
    "a halved gradient": ([(BACKWARD, "(loss / 2).backward()")], "w.grad[0, 0]"),
    "a doubled rate": ([(RATE, "lr=2 * lr")], "w[0, 0]"),
    "another rate for the bias": ([("[w, b], lr", '[{"params": [w]}, {"params": [b], "lr": 1.25 * lr}], lr')], "b[0]"),
    "a gradient that is added up": ([("        optimizer.zero_grad()\n", "")], "w.grad[0, 0]"),
    "a loss that is a sum": ([(YIELD, YIELD + " * len(x)")], "loss"),
    "an end that is another": ([(END, "    return w, 1.25 * b + 1")], "b[0]"),
    "an end whose w is another": ([(END, "    return 1.25 * w + 1, b")], "w[0, 0]"),
    "a ratio far beyond": ([(END, "    return w, b + 1e6")], "b[0]"),
    "a start that is another": ([("b = b.detach()", "b = (1 + b.detach())")], "b[0]"),
    "a second run that is off": ([*TWICE, (RATE, "lr=lr * len(runs)")], "w[0, 0]"),
}


@pytest.mark.usefixtures("worker_here")
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_known_defect_by_itself_is_as_expected(tmp_path: Path, problem: str, dtype: str) -> None:
    row = row_of(tmp_path, problem, dtype)
    assert (row.verdict, row.expected, row.known) == ("DISAGREES", "DISAGREES", row.issue)
    assert row.issue == "not reported yet"


@pytest.mark.usefixtures("worker_here")
@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_second_fault_in_such_a_cell_fails_it(tmp_path: Path, fault: str, problem: str) -> None:
    changes, part = FAULTS[fault]
    row = row_of(tmp_path, problem, "float32", *changes)
    assert (row.verdict, row.expected, row.known) == ("DISAGREES", "AGREES", "")
    assert row.issue == "not reported yet"
    assert row.reason.startswith("beyond the known defect, that a strided parameter is updated as though it were cont")
    assert f", {part}: got " in row.reason


@pytest.mark.usefixtures("worker_here")
@pytest.mark.parametrize("problem", PROBLEMS)
def test_numbers_that_are_not_finite_fail_it(tmp_path: Path, problem: str) -> None:
    row = row_of(tmp_path, problem, "float32", (YIELD, YIELD + ' * float("nan")'))
    assert (row.verdict, row.expected, row.known) == ("INVALID", "DISAGREES", "")
    assert "the loss is not finite" in row.reason
    assert "expected was DISAGREES, since a strided parameter is updated as though it were contiguous" in row.reason


@pytest.mark.usefixtures("worker_here")
@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_defect_that_is_mended_fails_it(tmp_path: Path, problem: str) -> None:
    row = row_of(tmp_path, problem, "float32", ("lr=lr, fused=True", "lr=lr"))
    assert (row.verdict, row.expected) == ("AGREES", "DISAGREES")


# Which row covers a cell.


@pytest.mark.parametrize(
    ("dtype", "version", "unmoved_too"),
    [("float32", "2.13.0", False), ("bfloat16", "2.13.0", True), ("bfloat16", "2.14.0", False)],
)
def test_in_narrow_dtypes_a_strided_parameter_has_both_defects(
    monkeypatch: pytest.MonkeyPatch, dtype: str, version: str, unmoved_too: bool
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    known = expected("torch_optim_fused_view", "cpu", dtype, "targets", version)
    assert known is not None
    gradient = np.ones((1, 9, 4))
    both = unmoved(16)(gradient) if unmoved_too else gradient
    assert np.array_equal(known.effect.moves(gradient), as_contiguous(both))
    assert ("whole vectors" in known.reason) is unmoved_too


@pytest.mark.parametrize(("machine", "width"), [("x86_64", 16), ("aarch64", 8)])
def test_vectors_are_as_wide_as_the_processor_s(monkeypatch: pytest.MonkeyPatch, machine: str, width: int) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    known = expected("torch_optim_fused", "cpu", "bfloat16", "tails_params_31", "2.13.0")
    assert known is not None
    gradient = np.ones((1, 32, 1))
    assert np.array_equal(known.effect.moves(gradient), unmoved(width)(gradient))


def test_a_planted_row_is_held_against_its_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without torch: the rows decide, whatever the framework."""
    planted = KnownDefect(
        "numpy_analytic", "targets", ("cpu",), ("float32",), ">=1", "it halves", HALVED, "planted#1", "none"
    )
    monkeypatch.setattr(known_defects, "KNOWN", (planted,))
    entry = next(entry for entry in registry.first_order() if entry.name == "numpy_analytic")
    found = []
    for run in (loop(half), loop(lambda dw, db: (dw / 2, 0 * db))):
        monkeypatch.setattr("impls.numpy_analytic.descend", run)
        found.append(run_cell(Cell(entry, "cpu", "float32", "targets")))
    assert [(row.verdict, row.expected, row.issue) for row in found] == [
        ("DISAGREES", "DISAGREES", "planted#1"),
        ("DISAGREES", "AGREES", "planted#1"),
    ]
    assert found[1].reason.startswith("beyond the known defect, that it halves: step 0, b[0]: got ")
