"""Verifying over training: all gradients, updates and losses of 500 steps.

At N = 10⁶ one step in fifty is trained, and the time multiplied; 500 are verified, each of those fifty times over.
"""

from __future__ import annotations

import numpy as np

from gradagree.checking.run import Run
from gradagree.diagnosis.compare import compare
from tools.bench.figures import Result, at_most, in_turn, told
from tools.bench.training import CLAIM, STEPS, again, line, recorded, trains, verify

FEWER = 50


def measure() -> list[Result]:
    """The ratio at N = 100 and at N = 10⁶, and what a whole verdict costs."""
    return _ratio(100, 1, 0.2, repeats=7) + _ratio(1_000_000, FEWER, 0.02, repeats=3)


def _ratio(rows: int, fewer: int, limit: float, repeats: int) -> list[Result]:
    problem = line(rows, STEPS // fewer)
    run = Run(recorded(problem), problem, CLAIM)
    V, gradients = run.V, run.gradient
    assert gradients is not None
    assert run.loss is not None
    V = np.concatenate([np.tile(V[:-1], (fewer, 1, 1)), V[-1:]])
    gradients, losses = np.tile(gradients, (fewer, 1, 1)), np.tile(run.loss, fewer)
    taken = in_turn(
        {
            "train": trains("impls.torch_manual:descend", "torch", problem),
            "verify": lambda: verify(problem, V, gradients, losses),
            "verdict": lambda: compare(Run(run.trajectory, again(problem), CLAIM)),
        },
        repeats,
    )
    training = taken["train"] * fewer
    shown = f"N = {rows:,}"
    found = [
        at_most(f"verify {STEPS} steps / train them, {shown}", taken["verify"] / training, limit, "times"),
        told(f"training {STEPS} steps (torch_manual), {shown}", 1e3 * training, "ms"),
        told(f"verifying {STEPS} steps, {shown}", 1e3 * taken["verify"], "ms"),
    ]
    if fewer == 1:
        found.append(told(f"the whole verdict, the end and its theory included, {shown}", 1e3 * taken["verdict"], "ms"))
    return found
