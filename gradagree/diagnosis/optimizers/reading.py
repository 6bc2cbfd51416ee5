"""The state of somebody's optimizer, as the recurrence that it is held against names it."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

import numpy as np

from gradagree.runtime.optimizing import Kept, OptimizerRun
from reference.arithmetic import Arithmetic
from reference.domains.updates import Updates
from reference.formats import FLOAT64
from reference.optimizers import Optimizer

COUNT = "step"
# What torch and optax call the same; of several, the one that the recurrence has.
SYNONYMS = {
    "mu": ("exp_avg", "grad_avg"),
    "nu": ("exp_avg_sq", "square_avg", "exp_inf"),
    "nu_max": ("max_exp_avg_sq",),
    "trace": ("momentum_buffer",),
    "sum_of_squares": ("sum",),
    "e_g": ("square_avg",),
    "e_x": ("acc_delta",),
}


def quantities(recurrence: Optimizer) -> frozenset[str]:
    """What a recurrence keeps between steps for each entry; not what it keeps once, such as a count."""
    found: frozenset[str] = _quantities(recurrence)  # type: ignore[arg-type]  # each is a frozen dataclass
    return found


@cache
def _quantities(recurrence: Any) -> frozenset[str]:
    d = Updates(Arithmetic(FLOAT64, FLOAT64))
    one = {"": d.lift(np.ones(1))}
    meant = getattr(recurrence, "inner", recurrence)
    kept = meant.step(d, one, one, meant.init(d, one))[1].values
    return frozenset(quantity for quantity, of in kept.items() if of[""].shape)


def named(run: OptimizerRun, recurrence: Optimizer) -> OptimizerRun:
    """The run with those quantities of its state alone that a recurrence has of every entry, under its names."""
    known, states = quantities(recurrence), []
    moving = {name for name, leaf in run.leaves.items() if not leaf.frozen}
    for state in run.states:
        kept: dict[str, dict[str, Kept]] = {}
        for name, of in state.items():
            found = next((q for q in (name, *SYNONYMS.get(name, ())) if q in known), None)
            if found is not None and name != COUNT and moving <= of.keys():
                kept[found] = dict(of)
        states.append(kept)
    return dataclasses.replace(run, states=states)


def without_state(run: OptimizerRun) -> OptimizerRun:
    """The run, its state forgotten."""
    return dataclasses.replace(run, states=[{} for _ in run.states])


def read(run: OptimizerRun) -> frozenset[str]:
    """The quantities that can be read of all parameters, after every step."""
    moving = {name for name, leaf in run.leaves.items() if not leaf.frozen}
    kept = [{q for q, of in state.items() if moving <= of.keys()} for state in run.states[1:]]
    return frozenset(set.intersection(*kept)) if kept else frozenset()
