"""Which other value of a hyperparameter fits: found at one step, and tried at all."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gradagree.checking.deviation import Deviation
from gradagree.diagnosis.optimizers.reading import quantities
from gradagree.diagnosis.optimizers.variants import ANOTHER_CONSTANT, Recurrences, Variant, with_options
from gradagree.runtime.optimizing import OptimizerRun
from reference.arithmetic import Arithmetic
from reference.domains.updates import Updates
from reference.dyadic import FloatArray
from reference.optimizers import Optimizer, State

SYMBOLS = {"eps": "ε", "weight_decay": "weight decay", "alpha": "α", "betas[0]": "β₁", "betas[1]": "β₂"}
# Where a hyperparameter of a kind is looked for: as powers of ten, of itself or of its distance from 1.
SCAN = np.linspace(-9.0, 2.0, 56)
FRACTIONS = ("betas", "alpha", "momentum", "dampening", "rho")
CLOSER = 60  # halvings of an interval


@dataclass(frozen=True)
class Constant:
    """One hyperparameter, and how another value of it is put in."""

    name: str
    meant: float
    put: Callable[[float], Recurrences]

    @property
    def fraction(self) -> bool:
        """Whether it lies between 0 and 1, near 1 perhaps."""
        return self.name.partition("[")[0] in FRACTIONS

    @property
    def candidates(self) -> FloatArray:
        """Where it is looked for."""
        powers = 10.0**SCAN
        if not self.fraction:
            return powers
        small = powers[powers < 0.5]
        return np.unique(np.concatenate([[0.0], small, np.linspace(0.05, 0.95, 37), 1 - small]))


def constants(recurrences: Recurrences) -> Iterator[Constant]:
    """The hyperparameters that are numbers."""
    meant = recurrences[0]
    for each in dataclasses.fields(meant):  # type: ignore[arg-type]
        value = getattr(meant, each.name)
        if isinstance(value, float):
            yield Constant(each.name, value, _putting(recurrences, each.name, None))
        elif isinstance(value, tuple) and value and all(isinstance(entry, float) for entry in value):
            for i, entry in enumerate(value):
                yield Constant(f"{each.name}[{i}]", entry, _putting(recurrences, each.name, i))


def _putting(recurrences: Recurrences, name: str, index: int | None) -> Callable[[float], Recurrences]:
    def put(value: float) -> Recurrences:
        found = []
        for each in recurrences:
            whole: object = value
            if index is not None:
                entries = list(getattr(each, name))
                entries[index] = value
                whole = tuple(entries)
            elif name == "lr":  # of another group it stays the same part
                whole = value * each.lr / recurrences[0].lr
            found.append(with_options(each, **{name: whole}))
        return tuple(found)

    return put


def fitted(run: OptimizerRun, recurrences: Recurrences, arithmetic: Arithmetic, wrong: Deviation) -> Iterator[Variant]:
    """Variants with one other constant each, which explain the first wrong number."""
    for constant in constants(recurrences):
        for value in _values(run, constant, arithmetic, wrong):
            label = f"{SYMBOLS.get(constant.name, constant.name)} = {value:.9g}"
            yield Variant(ANOTHER_CONSTANT, label, constant.put(value))


def _values(run: OptimizerRun, constant: Constant, arithmetic: Arithmetic, wrong: Deviation) -> Iterator[float]:
    """The values for which the wrong number is what it is: where its error changes sign, as a short decimal."""

    def error(value: float) -> tuple[float, float]:
        try:
            with np.errstate(all="ignore"):
                center, bound = predicted(
                    run, recurrence_of(run, constant.put(value), wrong.parameter), arithmetic, wrong
                )
        except (ValueError, ZeroDivisionError, OverflowError):
            return math.nan, math.nan
        return center - wrong.got, bound

    if constant.meant and abs(error(0.0)[0]) <= error(0.0)[1]:
        yield 0.0
    scanned = [(value, *error(value)) for value in constant.candidates]
    for (low, at_low, _), (high, at_high, _) in pairwise(scanned):
        if at_low * at_high > 0 or not (math.isfinite(at_low) and math.isfinite(at_high)):
            continue
        below, above, sign = low, high, at_low
        for _ in range(CLOSER):
            middle = (below + above) / 2
            at, _ = error(middle)
            below, above = (middle, above) if at * sign > 0 else (below, middle)
        yield _short(above, lambda value: abs(error(value)[0]) <= error(value)[1])


def recurrence_of(run: OptimizerRun, recurrences: Recurrences, parameter: str) -> Optimizer:
    """That of the parameter's group."""
    return recurrences[min(run.leaves[parameter].group, len(recurrences) - 1)]


def predicted(
    run: OptimizerRun, recurrence: Optimizer, arithmetic: Arithmetic, at: Deviation
) -> tuple[float, float]:  # fmt: skip
    """What the recurrence makes of one number, and its bound: from the state before it, or from the beginning on."""
    d, name, shape = Updates(arithmetic), at.parameter, run.leaves[at.parameter].shape
    entry = int(np.ravel_multi_index(at.index, shape)) if shape else 0  # type: ignore[arg-type]
    params, grads = run.parameter(name)[:, entry], run.gradient(name)[:, entry]
    readable = all(name in run.states[at.step].get(quantity, {}) for quantity in quantities(recurrence))
    values = dict(recurrence.init(d, {name: d.lift(np.zeros(1))}).values)
    for step in range(at.step if readable else 0, at.step + 1):
        for quantity, of in run.states[step].items():
            if name in of:
                values[quantity] = {name: d.lift(np.broadcast_to(of[name].values, shape).reshape(-1)[[entry]])}
        theta, g = {name: d.lift(params[[step]])}, {name: d.lift(grads[[step]])}
        after, state = recurrence.step(d, theta, g, State(step, values))
        values = dict(state.values)
    found = after[name] if at.quantity == "param" else values[at.quantity][name]
    return float(np.ravel(found.center)[0]), float(np.ravel(found.bound)[0])


def _short(value: float, fits: Callable[[float], bool]) -> float:
    """The shortest decimal near it that fits as well; itself, where none does."""
    near: Sequence[float] = [float(f"{value:.{digits}g}") for digits in range(1, 12)]
    return next((each for each in near if each != 0 and fits(each)), value)
