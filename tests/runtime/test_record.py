"""The recorder: whatever an implementation does, the record tells it, and keeps what came before."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradagree.runtime.frameworks import framework
from gradagree.runtime.record import record
from impls.numpy_analytic import descend as correct
from reference import problems
from tests.support.judging import recorded

Loop = Callable[..., Any]
Step = tuple[Any, ...]

SHORT = replace(problems.load("stackoverflow"), steps=5)


def spoiled(spoil: Callable[[int, Step], Any]) -> Loop:
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


def at_step(step: int, change: Callable[[Step], Any]) -> Loop:
    """The correct loop, with what it yields at one step changed."""
    return spoiled(lambda k, values: change(values) if k == step else values)


def raising(error: BaseException) -> Loop:
    """The correct loop, which raises at step 3."""

    def throw(_: Step) -> Any:
        raise error

    return at_step(3, throw)


def with_steps(count: int) -> Loop:
    """The correct loop, which does not do as many steps as it is told to."""
    return lambda x, y, w, b, lr, _: correct(x, y, w, b, lr, count)


def overwriting(name: str) -> Loop:
    """The correct loop, which changes data that it was given at its end."""

    def descend(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
        end = yield from correct(x.copy(), y.copy(), w, b, lr, steps)
        {"x": x, "y": y}[name][0] -= 1
        return end

    return descend


def in_place(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
    """The correct loop on the very arrays that were handed in."""
    for _ in range(steps):
        residual = (x @ w + b - y) * (2 / y.size)
        gradients = x.T @ residual, residual.sum(axis=0)
        yield w, b, *gradients
        w -= lr * gradients[0]
        b -= lr * gradients[1]
    return w, b


def listed(*arguments: Any) -> Step:
    """The correct loop, which returns lists and no end."""
    return tuple(list(column) for column in zip(*correct(*arguments), strict=True))


def listed_with_end(*arguments: Any) -> Step:
    w, b, *others = listed(*arguments)
    return [*w, w[-1]], [*b, b[-1]], *others


def held_lists(*arguments: Any) -> Step:
    """Lists that hold the parameters themselves, which are updated in place."""
    return tuple(list(column) for column in zip(*(step[:2] for step in in_place(*arguments)), strict=True))


@pytest.mark.parametrize(
    ("loop", "points", "gradients", "losses"),
    [
        (correct, 6, 5, 5),
        (spoiled(lambda _, step: step[:4]), 6, 5, None),
        (spoiled(lambda _, step: step[:2]), 6, None, None),
        (in_place, 6, 5, None),
        (listed, 5, 5, 5),
        (listed_with_end, 6, 5, 5),
    ],
    ids=["whole", "no loss", "iterates alone", "in place", "lists", "lists with an end"],
)
def test_record_takes_every_way_to_give_values(
    loop: Loop, points: int, gradients: int | None, losses: int | None
) -> None:
    for _ in range(2):  # each run gets fresh parameters, which are its own to update
        run = recorded(loop, SHORT)
        assert run.protocol_errors == ()
        given = {"w": run.w, "b": run.b, "grad_w": run.grad_w, "grad_b": run.grad_b, "loss": run.loss}
        shapes = {name: None if values is None else values.shape for name, values in given.items()}
        assert shapes == {
            "w": (points, 1, 1),
            "b": (points, 1),
            "grad_w": gradients and (gradients, 1, 1),
            "grad_b": gradients and (gradients, 1),
            "loss": losses and (losses,),
        }
        assert np.array_equal(run.w[:5], recorded(correct, SHORT).w[:5])


def test_record_of_lists_that_hold_one_updated_array_shows_the_end_alone() -> None:
    run = recorded(held_lists, SHORT)
    assert run.protocol_errors == ()
    assert np.array_equal(run.w, np.broadcast_to(recorded(correct, SHORT).w[-1], (5, 1, 1)))


class MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


GIVES = "expected w, b, grad_w, grad_b, loss, or the first four, or w, b; got"


@pytest.mark.parametrize(
    ("loop", "kind", "told", "kept"),
    [
        (raising(ZeroDivisionError("by zero")), "raised", "step 3: raised ZeroDivisionError: by zero", 3),
        (raising(MuteError()), "raised", "step 3: raised MuteError: (its text cannot be had)", 3),
        (raising(SystemExit(4)), "raised", "step 3: raised SystemExit: 4", 3),
        (raising(SystemExit()), "raised", "step 3: raised SystemExit", 3),
        (raising(GeneratorExit()), "raised", "step 3: raised GeneratorExit", 3),
        (raising(pytest.skip.Exception("not today")), "raised", "step 3: raised Skipped: not today", 3),
        (at_step(2, lambda s: (s[0].T[0], *s[1:])), "shape", "step 2: w: expected shape (1, 1), got (1,)", 2),
        (at_step(2, lambda s: (s[0].astype(float), *s[1:])), "dtype",
         "step 2: w: expected dtype float32, got float64", 6),
        (at_step(1, lambda s: s[:3]), "type", f"step 1: {GIVES} 3 values", 1),
        (at_step(1, lambda s: s[:4]), "type",
         "step 1: expected 5 values, as at the steps before, got 4", 1),
        (at_step(0, list), "type", f"step 0: {GIVES} a list", 0),
        (at_step(0, lambda s: (s[0].tolist(), *s[1:])), "type", "step 0: w: got a list; a NumPy array will do", 0),
        (with_steps(3), "steps", "stopped after 3 of 5 steps", 4),
        (with_steps(7), "steps", "expected 5 steps, got more", 5),
        (with_steps(10**9), "steps", "expected 5 steps, got more", 5),
        (lambda *_: None, "type",
         "expected a generator, or a tuple of lists of per-step values, got a NoneType", 0),
        (lambda *a: iter(list(correct(*a))), "type", "expected `return w, b` at the end, got NoneType", 5),
        (overwriting("x"), "inputs", "x: the array handed in was overwritten; a copy of it will do", 6),
        (overwriting("y"), "inputs", "y: the array handed in was overwritten; a copy of it will do", 6),
    ],
)  # fmt: skip
def test_record_of_a_loop_that_is_wrong_says_why_and_keeps_the_steps_before(
    loop: Loop, kind: str, told: str, kept: int
) -> None:
    run = recorded(loop, SHORT)
    assert [(error.kind, str(error)) for error in run.protocol_errors] == [(kind, told)]
    assert len(run.w) == kept
    assert (kind == "raised") == (run.traceback is not None)


def test_record_when_interrupted_raises() -> None:
    with pytest.raises(KeyboardInterrupt):
        recorded(raising(KeyboardInterrupt()), SHORT)


def test_record_sees_a_silent_fallback_to_the_cpu() -> None:
    run = record(correct, SHORT, framework("numpy"), "cuda")  # NumPy, on a device that it does not have
    assert str(run.protocol_errors[0]) == "step 0: w: expected device cuda, got cpu"
