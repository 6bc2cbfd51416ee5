"""The registry of faults that are planted in a correct implementation: what each does, and where it must show.

A fault takes a correct `descend` and returns a faulty one, in the same framework: it is made by asking the correct one
for single steps, and putting them together wrongly. `FAULTS` lists them; a new one is a function and an entry there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

Loop = Callable[..., Any]


@dataclass(frozen=True)
class Fault:
    """A planted fault.

    Parameters
    ----------
    name
        of the fault, as a test's id.
    plant
        makes a faulty loop of a correct one.
    shows
        how the verdict's reason begins: the step and the quantity that the fault is in.
    shows_in_iterates
        the step at which the iterates alone give it away; `None` where they cannot.
    """

    name: str
    plant: Callable[[Loop], Loop]
    shows: str
    shows_in_iterates: int | None = None

    def __str__(self) -> str:
        return self.name


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


FAULTS = (
    Fault("gradient_scaled", partial(scaled_gradient, factor=1.5, at=5), "step 5, w.grad[0, 0]: got "),
    Fault(
        "gradient_scaled_by_little", partial(scaled_gradient, factor=1 + 1e-3, at=0), "step 0, w.grad[0, 0]: got ", 0
    ),
    Fault("other_rate", partial(other_rate, factor=1 + 1e-3), "step 0, w[0, 0]: got ", 0),
    Fault("other_rate_by_little", partial(other_rate, factor=1 + 1e-4), "step 0, w[0, 0]: got "),
    Fault("skipped_update", partial(skipped_update, at=7), "step 7, w[0, 0]: got ", 7),
    Fault("b_with_the_new_w", b_with_the_new_w, "step 0, b.grad[0]: got ", 0),
    Fault("wrong_loss", wrong_loss, "step 0, loss: got "),
    Fault("other_start", other_start, "step 0, w[0, 0]: got "),
)
