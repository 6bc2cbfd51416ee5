"""Training speed of every implementation, per step, against torch.optim.SGD's default loop and jax.lax.scan.

A step's time is that from one yield to the next, the first step left out, since compilers and allocators have their say
there. An implementation that returns its steps all at once is taken as a whole.
"""

from __future__ import annotations

import collections
import importlib.util
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from gradagree.matrix import registry
from gradagree.matrix.loading import load
from gradagree.runtime.frameworks import framework
from reference.problem import Problem
from tools.bench.figures import Result, seconds, told
from tools.bench.training import line

ROWS, STEPS, REPEATS = 100, 20, 2


def measure() -> list[Result]:
    """Microseconds a step on the CPU in float32, N = 100; the two that users know first."""
    problem = line(ROWS, STEPS)
    known = {"torch.optim.SGD, default loop": _optimiser(problem), "jax.lax.scan": _scan(problem)}
    calls: dict[str, Callable[[], float]] = {name: _whole(call) for name, call in known.items()}
    for entry in registry.first_order():
        here = "cpu" in entry.devices and "float32" in entry.dtypes
        if here and importlib.util.find_spec(entry.framework) is not None:
            calls[entry.name] = _step_by_step(entry.target, entry.framework, problem)
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(REPEATS):
        for name, call in calls.items():
            times[name].append(call())
    return [told(f"{name}, a step at N = {ROWS}", 1e6 * statistics.median(t), "µs") for name, t in times.items()]


def _whole(call: Callable[[], object]) -> Callable[[], float]:
    """Seconds a step of a loop that keeps nothing; its first run is for the compiler."""
    call()
    return lambda: seconds(call) / STEPS


def _step_by_step(target: str, name: str, problem: Problem) -> Callable[[], float]:
    """Seconds a step of an implementation."""
    run, home = load(target), framework(name)

    def call() -> float:
        with home.session("cpu", "float32"):
            inputs = [home.array(values, "cpu") for values in (problem.x, problem.y, problem.w0, problem.b0)]
            began = time.perf_counter()
            result = run(*inputs, problem.lr, problem.steps)
            if not isinstance(result, Iterator):
                return (time.perf_counter() - began) / STEPS
            home.host(next(result)[0])  # which waits for it, where a framework computes in the background
            began = time.perf_counter()
            rest = collections.deque(result, maxlen=1)
            if rest:
                home.host(rest[0][0])
            return (time.perf_counter() - began) / (STEPS - 1)

    return call


def _optimiser(problem: Problem) -> Callable[[], object]:
    """What everybody writes: a module, a loss, an optimiser; nothing is recorded."""
    import torch

    x, y = torch.tensor(problem.x), torch.tensor(problem.y)

    def train() -> None:
        model = torch.nn.Linear(1, 1)
        optimiser = torch.optim.SGD(model.parameters(), lr=problem.lr)
        for _ in range(problem.steps):
            optimiser.zero_grad()
            torch.nn.functional.mse_loss(model(x), y).backward()  # type: ignore[no-untyped-call]
            optimiser.step()

    return train


def _scan(problem: Problem) -> Callable[[], object]:
    """All steps in one compiled loop."""
    import jax
    import jax.numpy as jnp

    x, y, lr = jnp.asarray(problem.x), jnp.asarray(problem.y), problem.lr

    def loss(V: Any) -> Any:
        return ((x @ V[0] + V[1] - y) ** 2).mean()

    def step(V: Any, _: None) -> tuple[Any, None]:
        return jax.tree.map(lambda v, g: v - lr * g, V, jax.grad(loss)(V)), None

    run = jax.jit(lambda V: jax.lax.scan(step, V, None, length=problem.steps)[0])
    start = (jnp.asarray(problem.w0), jnp.asarray(problem.b0))
    return lambda: jax.block_until_ready(run(start))  # type: ignore[no-untyped-call]
