"""Loops with a fault planted in them, for NumPy: what the judge must not let pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from impls.numpy_analytic import descend as correct

Loop = Callable[..., Iterator[Any]]


def scaled_gradient(factor: float, at: int) -> Loop:
    """The gradient of one step scaled, reported so and used so."""

    def descend(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
        for k in range(steps):
            gradient_w, gradient_b, loss = _gradient(x, y, w, b)
            if k == at:
                gradient_w, gradient_b = gradient_w * x.dtype.type(factor), gradient_b * x.dtype.type(factor)
            yield w, b, gradient_w, gradient_b, loss
            w, b = w - lr * gradient_w, b - lr * gradient_b
        return w, b

    return descend


def other_rate(factor: float) -> Loop:
    """Another learning rate than the one asked for."""

    def descend(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
        return (yield from correct(x, y, w, b, lr * factor, steps))

    return descend


def skipped_update(at: int) -> Loop:
    """One update left out."""

    def descend(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
        for k in range(steps):
            gradient_w, gradient_b, loss = _gradient(x, y, w, b)
            yield w, b, gradient_w, gradient_b, loss
            if k != at:
                w, b = w - lr * gradient_w, b - lr * gradient_b
        return w, b

    return descend


def b_with_the_new_w(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
    """The gradient of b computed after w was updated."""
    for _ in range(steps):
        gradient_w, _, loss = _gradient(x, y, w, b)
        new_w = w - lr * gradient_w
        _, gradient_b, _ = _gradient(x, y, new_w, b)
        yield w, b, gradient_w, gradient_b, loss
        w, b = new_w, b - lr * gradient_b
    return w, b


def wrong_loss(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
    """Right gradients beside a loss without its mean's last row."""
    for _ in range(steps):
        gradient_w, gradient_b, _ = _gradient(x, y, w, b)
        _, _, loss = _gradient(x[:-1], y[:-1], w, b)
        yield w, b, gradient_w, gradient_b, loss
        w, b = w - lr * gradient_w, b - lr * gradient_b
    return w, b


def other_start(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
    """Right descent from another start, one unit in the last place away."""
    return (yield from correct(x, y, np.nextafter(w, w + 1), b, lr, steps))


def without_gradients(loop: Loop) -> Loop:
    """The same loop, yielding `w, b` alone."""

    def descend(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
        inner = loop(x, y, w, b, lr, steps)
        while True:
            try:
                step = next(inner)
            except StopIteration as stop:
                return stop.value
            yield step[:2]

    return descend


def _gradient(x: Any, y: Any, w: Any, b: Any) -> tuple[Any, Any, Any]:
    residual = x @ w + b - y
    scaled = residual * (2 / y.size)
    return x.T @ scaled, scaled.sum(axis=0), (residual**2).mean()
