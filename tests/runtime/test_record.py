"""The recorder: whatever an implementation does, the record tells it, and keeps what came before."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradagree.runtime.frameworks import framework
from gradagree.runtime.record import record
from gradagree.runtime.trajectory import Trajectory
from impls.numpy_analytic import descend as correct
from reference import problems
from reference.problem import Problem
from tests.support.judging import recorded

Loop = Callable[..., Any]


@pytest.fixture
def short() -> Problem:
    return replace(problems.load("stackoverflow"), steps=5)


def first_fault(run: Loop, problem: Problem) -> tuple[str, str]:
    trajectory = recorded(run, problem)
    return trajectory.protocol_errors[0].kind, str(trajectory.protocol_errors[0])


def spoiled(spoil: Callable[[int, tuple[Any, ...]], Any]) -> Loop:
    """The correct loop, with what it yields at each step passed through `spoil`."""

    def descend(*arguments: Any) -> Any:
        inner = correct(*arguments)
        for k in itertools.count():
            try:
                step = next(inner)
            except StopIteration as stop:
                return stop.value
            yield spoil(k, step)

    return descend


def test_a_correct_run_is_recorded_whole(short: Problem) -> None:
    trajectory = recorded(correct, short)
    assert trajectory.protocol_errors == ()
    assert trajectory.w.shape == (6, 1, 1)
    assert trajectory.b.shape == (6, 1)
    assert trajectory.grad_w is not None
    assert trajectory.grad_b is not None
    assert trajectory.loss is not None
    assert trajectory.grad_w.shape == (5, 1, 1)
    assert trajectory.grad_b.shape == (5, 1)
    assert trajectory.loss.shape == (5,)


def test_values_are_copied_when_they_are_yielded(short: Problem) -> None:
    def in_place(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
        w, b = w.copy(), b.copy()
        for _ in range(steps):
            residual = (x @ w + b - y) * (2 / y.size)
            gradients = x.T @ residual, residual.sum(axis=0)
            yield w, b, *gradients
            w -= lr * gradients[0]
            b -= lr * gradients[1]
        return w, b

    assert np.array_equal(recorded(in_place, short).w, recorded(correct, short).w)


class TestWaysToGiveValues:
    def test_without_the_loss(self, short: Problem) -> None:
        trajectory = recorded(spoiled(lambda _, step: step[:4]), short)
        assert trajectory.protocol_errors == ()
        assert trajectory.loss is None

    def test_iterates_alone(self, short: Problem) -> None:
        trajectory = recorded(spoiled(lambda _, step: step[:2]), short)
        assert trajectory.protocol_errors == ()
        assert trajectory.grad_w is None

    @pytest.mark.parametrize("with_end", [True, False])
    def test_lists(self, short: Problem, with_end: bool) -> None:
        def listed(*arguments: Any) -> tuple[list[Any], ...]:
            steps = list(correct(*arguments))
            columns = [list(column) for column in zip(*steps, strict=True)]
            if with_end:
                columns[0].append(columns[0][-1])
                columns[1].append(columns[1][-1])
            return tuple(columns)

        trajectory = recorded(listed, short)
        assert trajectory.protocol_errors == ()
        assert len(trajectory.w) == 5 + with_end
        assert trajectory.loss is not None
        assert len(trajectory.loss) == 5


def with_steps(count: int) -> Loop:
    """The correct loop, which does not do as many steps as it is told to."""
    return lambda x, y, w, b, lr, _: correct(x, y, w, b, lr, count)


def raises(k: int, step: Any) -> Any:
    if k == 3:
        raise ZeroDivisionError("division by zero")
    return step


@pytest.mark.parametrize(
    ("loop", "fault"),
    [
        (spoiled(raises), ("raised", "step 3: raised ZeroDivisionError: division by zero")),
        (spoiled(lambda k, s: s if k != 2 else (s[0].T[0], *s[1:])),
         ("shape", "step 2: w: expected shape (1, 1), got (1,)")),
        (spoiled(lambda k, s: s if k != 2 else (s[0].astype(np.float64), *s[1:])),
         ("dtype", "step 2: w: expected dtype float32, got float64")),
        (spoiled(lambda k, s: s if k != 1 else s[:3]),
         ("type", "step 1: expected w, b, grad_w, grad_b, loss, or the first four, or w, b; got 3 values")),
        (spoiled(lambda k, s: s if k != 1 else s[:4]),
         ("type", "step 1: expected 5 values, as at the steps before, got 4")),
        (spoiled(lambda _, s: list(s)),
         ("type", "step 0: expected w, b, grad_w, grad_b, loss, or the first four, or w, b; got a list")),
        (spoiled(lambda _, s: (s[0].tolist(), *s[1:])),
         ("type", "step 0: w: got a list; a NumPy array will do")),
        (with_steps(3), ("steps", "stopped after 3 of 5 steps")),
        (with_steps(7), ("steps", "expected 5 steps, got more")),
        (with_steps(10**9), ("steps", "expected 5 steps, got more")),
        (lambda *_: None,
         ("type", "expected a generator, or a tuple of lists of per-step values, got a NoneType")),
        (lambda *a: iter(list(correct(*a))), ("type", "expected `return w, b` at the end, got NoneType")),
    ],
    ids=["raises", "shape", "dtype", "three", "fewer", "list", "nested", "early", "late", "never", "none", "no_end"],
)  # fmt: skip
def test_faults(short: Problem, loop: Loop, fault: tuple[str, str]) -> None:
    assert first_fault(loop, short) == fault


def ends(k: int, step: Any, with_: BaseException) -> Any:
    if k == 3:
        raise with_
    return step


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SystemExit(4), "SystemExit: 4"),
        (SystemExit(), "SystemExit"),
        (GeneratorExit(), "GeneratorExit"),
        (pytest.skip.Exception("not today"), "Skipped: not today"),
    ],
    ids=["exit_4", "exit", "generator", "skip"],
)
def test_no_exception_of_a_loop_gets_out(short: Problem, error: BaseException, told: str) -> None:
    trajectory = recorded(spoiled(lambda k, step: ends(k, step, error)), short)
    assert [str(fault) for fault in trajectory.protocol_errors] == [f"step 3: raised {told}"]
    assert len(trajectory.w) == 3


def test_an_exception_that_cannot_say_what_it_is(short: Problem) -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert first_fault(spoiled(lambda k, step: ends(k, step, MuteError())), short) == (
        "raised", "step 3: raised MuteError: (its text cannot be had)"
    )  # fmt: skip


def test_record_when_interrupted_raises(short: Problem) -> None:
    with pytest.raises(KeyboardInterrupt):
        recorded(spoiled(lambda k, step: ends(k, step, KeyboardInterrupt())), short)


def test_steps_before_a_fault_are_kept(short: Problem) -> None:
    trajectory = recorded(spoiled(raises), short)
    assert len(trajectory.w) == 3
    assert trajectory.traceback is not None
    assert "ZeroDivisionError" in trajectory.traceback


@pytest.mark.parametrize("name", ["x", "y"])
def test_overwritten_data_are_seen(short: Problem, name: str) -> None:
    def overwrites(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
        end = yield from correct(x.copy(), y.copy(), w, b, lr, steps)
        {"x": x, "y": y}[name][0] -= 1
        return end

    kind, message = first_fault(overwrites, short)
    assert (kind, message) == ("inputs", f"{name}: the array handed in was overwritten; a copy of it will do")


def in_place(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
    """The correct loop on the very arrays that were handed in."""
    for _ in range(steps):
        residual = (x @ w + b - y) * (2 / y.size)
        gradients = x.T @ residual, residual.sum(axis=0)
        yield w, b, *gradients
        w -= lr * gradients[0]
        b -= lr * gradients[1]
    return w, b


def test_parameters_are_the_loops_own_to_update_in_place(short: Problem) -> None:
    start = short.w0.copy(), short.b0.copy()
    for _ in range(2):  # each run gets fresh ones
        trajectory = recorded(in_place, short)
        assert trajectory.protocol_errors == ()
        assert np.array_equal(trajectory.w, recorded(correct, short).w)
    assert np.array_equal(short.w0, start[0])
    assert np.array_equal(short.b0, start[1])


def test_a_list_that_holds_the_updated_parameter_many_times_shows_the_end_alone(short: Problem) -> None:
    def listed(*arguments: Any) -> Any:
        ws, bs = [], []
        for w, b, *_ in in_place(*arguments):
            ws.append(w)
            bs.append(b)
        return ws, bs

    trajectory = recorded(listed, short)
    assert trajectory.protocol_errors == ()
    assert np.array_equal(trajectory.w, np.broadcast_to(recorded(correct, short).w[-1], (5, 1, 1)))


def test_a_silent_fallback_to_the_cpu_is_seen(short: Problem) -> None:
    # NumPy, on a device that it does not have.
    trajectory: Trajectory = record(correct, short, framework("numpy"), "cuda")
    assert str(trajectory.protocol_errors[0]) == "step 0: w: expected device cuda, got cpu"
