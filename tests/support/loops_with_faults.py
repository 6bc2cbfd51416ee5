"""Faults planted in any implementation: what the judge must not let pass.

Each takes a correct `descend` and returns a faulty one, in the same framework: a fault is made by asking the correct
one for single steps, and putting them together wrongly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Loop = Callable[..., Any]


def honest(correct: Loop) -> Loop:
    """Step by step and put together rightly: what the faults are planted in must itself agree."""
    return _stepwise(correct, lambda _k, step, _again: step)


def scaled_gradient(correct: Loop, factor: float, at: int) -> Loop:
    """The gradient of one step scaled, reported so and used so."""

    def fault(k: int, step: Any, _again: Any) -> Any:
        w_slope, b_slope, loss = step
        return (w_slope * factor, b_slope * factor, loss) if k == at else step

    return _stepwise(correct, fault)


def always_scaled(correct: Loop, factor: float) -> Loop:
    """The gradient of every step scaled."""

    def fault(_k: int, step: Any, _again: Any) -> Any:
        return step[0] * factor, step[1] * factor, step[2]

    return _stepwise(correct, fault)


def other_rate(correct: Loop, factor: float) -> Loop:
    """Another learning rate than the one asked for."""
    return lambda x, y, w, b, lr, steps: correct(x, y, w, b, lr * factor, steps)


def skipped_update(correct: Loop, at: int) -> Loop:
    """One update left out."""
    return _stepwise(correct, lambda _k, step, _again: step, skipped=at)


def b_with_the_new_w(correct: Loop) -> Loop:
    """The gradient of b computed after w was updated."""

    def fault(_k: int, step: Any, again: Any) -> Any:
        return step[0], again(step[0])[1], step[2]

    return _stepwise(correct, fault)


def wrong_loss(correct: Loop) -> Loop:
    """Right gradients beside a loss that is off by a thousandth."""

    def fault(_k: int, step: Any, _again: Any) -> Any:
        return step[0], step[1], step[2] * 1.001

    return _stepwise(correct, fault)


def other_start(correct: Loop) -> Loop:
    """Right descent from another start, one part in a million away."""
    return lambda x, y, w, b, lr, steps: correct(x, y, w * (1 + 1e-6), b, lr, steps)


def without_gradients(loop: Loop) -> Loop:
    """The same loop, yielding `w, b` alone."""

    def descend(*arguments: Any) -> Any:
        inner = loop(*arguments)
        while True:
            try:
                step = next(inner)
            except StopIteration as stop:
                return stop.value
            yield step[:2]

    return descend


def _stepwise(correct: Loop, fault: Callable[[int, Any, Any], Any], skipped: int | None = None) -> Loop:
    """A loop of single steps, whose gradients pass through `fault(k, (grad_w, grad_b, loss), again)`.

    `again(slope)` gives the gradients and the loss after an update of w alone by that slope.
    """

    def descend(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
        for k in range(steps):

            def again(slope: Any, w: Any = w, b: Any = b) -> Any:
                return _gradient(correct, x, y, w - lr * slope, b)

            w_slope, b_slope, loss = fault(k, _gradient(correct, x, y, w, b), again)
            yield w, b, w_slope, b_slope, loss
            if k != skipped:
                w, b = w - lr * w_slope, b - lr * b_slope
        return w, b

    return descend


def _gradient(correct: Loop, x: Any, y: Any, w: Any, b: Any) -> Any:
    """What the correct implementation says at `(w, b)`, without the tape that some frameworks keep."""
    values = next(correct(x, y, w, b, 0.0, 1))[2:]
    return tuple(value.detach() if hasattr(value, "detach") else value for value in values)
