"""Verifying against gradcheck: the same 500 gradients, by exact numbers and by finite differences.

The checkers take one gradient at a time: some of the 500 are given to them, and the time multiplied. They check
float64, the only dtype that finite differences can be trusted in; here it is the float32 gradients that are verified.
"""

from __future__ import annotations

from collections.abc import Callable

from gradagree.checking.run import Run
from gradagree.runtime.frameworks import framework
from reference.dyadic import FloatArray
from reference.problem import Problem
from reference.truth import Truth
from tools.bench.figures import Result, at_least, in_turn, told
from tools.bench.training import CLAIM, STEPS, again, gradients_only, line, recorded

SOME = {100: 10, 100_000: 4}  # of the 500, by N


def measure() -> list[Result]:
    """How many times faster, at N = 100 and N = 10⁵."""
    return _against(100, {"torch": 40, "jax": None}) + _against(100_000, {"torch": 200, "jax": None})


def _against(rows: int, limits: dict[str, float | None]) -> list[Result]:
    problem = line(rows)
    run = Run(recorded(problem), problem, CLAIM)
    V, gradients = run.V[:-1], run.gradient
    assert gradients is not None
    some = SOME[rows]
    chosen = V[:: STEPS // some]
    calls: dict[str, Callable[[], object]] = {
        "torch": _gradcheck(problem, chosen),
        "jax": _check_grads(problem, chosen),
        "exact": lambda: gradients_only(Truth(again(problem), CLAIM, V), gradients),
    }
    taken = in_turn(calls, repeats=3 if some > 5 else 1)
    found = []
    for name, checker in (("torch", "torch.autograd.gradcheck"), ("jax", "jax.test_util.check_grads")):
        times = taken[name] * STEPS / some / taken["exact"]
        shown, limit = f"{checker} / verifying {STEPS} gradients, N = {rows:,}", limits[name]
        found.append(told(shown, times, "times") if limit is None else at_least(shown, times, limit, "times"))
    return [*found, told(f"verifying {STEPS} gradients, N = {rows:,}", 1e3 * taken["exact"], "ms")]


def _gradcheck(problem: Problem, V: FloatArray) -> Callable[[], object]:
    import torch

    x, y = torch.tensor(problem.x, dtype=torch.float64), torch.tensor(problem.y, dtype=torch.float64)

    def loss(w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return ((x @ w + b - y) ** 2).mean()

    def call() -> None:
        for one in V:
            w, b = (torch.tensor(part, requires_grad=True) for part in (one[:-1], one[-1]))
            torch.autograd.gradcheck(loss, (w, b))

    return call


def _check_grads(problem: Problem, V: FloatArray) -> Callable[[], object]:
    import jax
    import jax.numpy as jnp
    from jax.test_util import check_grads

    def call() -> None:
        with framework("jax").session("cpu", "float64"):
            x, y = jnp.asarray(problem.x, dtype=jnp.float64), jnp.asarray(problem.y, dtype=jnp.float64)

            def loss(w: jax.Array, b: jax.Array) -> jax.Array:
                return ((x @ w + b - y) ** 2).mean()

            for one in V:
                at = jnp.asarray(one[:-1]), jnp.asarray(one[-1])
                check_grads(loss, at, order=1, modes=["rev"])  # type: ignore[no-untyped-call]

    return call
