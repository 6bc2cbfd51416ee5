"""Runs an optimizer on given gradients, and copies parameters, gradients, state and memory around them at each step.

Parameters and gradients are views into larger arrays, where a framework has such views: what lies around them is
recorded too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from gradagree.runtime.failure import described
from gradagree.runtime.frameworks.framework import Framework, Host
from gradagree.runtime.trajectory import ProtocolError
from reference.dyadic import FloatArray
from reference.optimizers import scenario
from reference.optimizers.layout import Layout
from reference.optimizers.scenario import Leaf
from reference.validate import FloatData

Group = dict[str, Any]


class Training(Protocol):
    """Parameters and what moves them, as the modules of `impls.optimizers` make it."""

    params: Mapping[str, Any]

    def step(self, grads: Mapping[str, Any]) -> None:
        """Move the parameters, in place or to new arrays; those without a gradient stay."""

    def state(self) -> Mapping[str, Mapping[str, Any]]:
        """What is kept between steps, by quantity and then by parameter."""


@dataclass(frozen=True, eq=False)
class Kept:
    """One quantity of one parameter's state, after a step.

    Parameters
    ----------
    values
        in float64.
    dtype
        what it was kept in.
    strides
        how it lies in memory, in entries; `None` where nobody can tell.
    """

    values: FloatArray
    dtype: str
    strides: tuple[int, ...] | None = None


State = Mapping[str, Mapping[str, Kept]]


@dataclass(frozen=True, eq=False)
class OptimizerRun:
    """The recorded numbers of K steps, in float64, which holds every lower format exactly.

    Parameters
    ----------
    dtype
        of the run.
    leaves
        the parameters of the set, by name.
    memory
        by parameter, `(K+1, M)`: the array that it is a view into, before each step and after the last.
    gradients, gradients_after
        by parameter, `(K, M)`: the arrays that the gradients are views into, before and after the step; none of frozen
        ones.
    states
        K+1 of them, the first before any step.
    protocol_errors
        what was wrong apart from the numbers.
    """

    dtype: str
    leaves: Mapping[str, Leaf]
    memory: Mapping[str, FloatArray]
    gradients: Mapping[str, FloatArray]
    gradients_after: Mapping[str, FloatArray]
    states: Sequence[State]
    protocol_errors: tuple[ProtocolError, ...] = ()
    layouts: Mapping[str, Layout] = field(default_factory=dict)
    gradient_layouts: Mapping[str, Layout] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """How many steps were recorded."""
        return len(self.states) - 1

    def parameter(self, name: str) -> FloatArray:
        """`(K+1, n)`: the entries of a parameter, in the order of their indices."""
        return self.memory[name][:, self.layouts[name].positions]

    def gradient(self, name: str) -> FloatArray:
        """`(K, n)`: those of its gradient."""
        return self.gradients[name][:, self.gradient_layouts[name].positions]

    @property
    def starts(self) -> dict[str, FloatArray]:
        """`(1, M)`: the memory that was handed over."""
        return {name: scenario.start(leaf, self.dtype)[None].astype(np.float64) for name, leaf in self.leaves.items()}

    def beside_parameters(self) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
        """Memory that no step may change, `(K, M)` after each step, and what it must be; frozen parameters too."""
        after, before = {}, {}
        for name, leaf in self.leaves.items():
            after[name] = self.memory[name][1:].copy()
            before[name] = np.broadcast_to(self.memory[name][0], after[name].shape)
            if not leaf.frozen:
                positions = self.layouts[name].positions
                after[name][:, positions] = before[name][:, positions]
        return after, before


def record(
    begin: Callable[[str, list[Group]], Training],
    optimizer: str,
    options: Sequence[Mapping[str, Any]],
    leaves: Sequence[Leaf],
    framework: Framework,
    device: str,
    dtype: str,
) -> OptimizerRun:
    """Run an optimizer over the scenario's gradients.

    Whatever it does, this returns: an exception, another shape, dtype or device become protocol errors, and the steps
    before them are kept.

    Parameters
    ----------
    begin
        called as `begin(optimizer, groups)`; a group holds `params`, native arrays by name, and its options.
    optimizer
        which one, as the implementation calls it.
    options
        of each group; the last ones are for all groups behind it.
    leaves
        the parameters.
    framework, device, dtype
        whose arrays, where, and of which dtype.
    """
    recorder = Recorder(leaves, framework, device, dtype)
    try:
        with framework.session(device, dtype):
            recorder.run(begin, optimizer, options)
    except Exception as error:
        recorder.error("raised", f"raised {described(error)}")
    return recorder.result()


class Recorder:
    """A run in the making: `result` has what there is of it, at any time."""

    def __init__(self, leaves: Sequence[Leaf], framework: Framework, device: str, dtype: str) -> None:
        self.leaves = {leaf.name: leaf for leaf in leaves}
        self.framework, self.device, self.dtype = framework, device, dtype
        self.memory: dict[str, list[FloatArray]] = {name: [] for name in self.leaves}
        moving = [name for name, leaf in self.leaves.items() if not leaf.frozen]
        self.before: dict[str, list[FloatArray]] = {name: [] for name in moving}
        self.after: dict[str, list[FloatArray]] = {name: [] for name in moving}
        self.states: list[State] = []
        self.errors: list[ProtocolError] = []
        self.bases: dict[str, Any] = {}

    def run(self, begin: Callable[..., Training], optimizer: str, options: Sequence[Mapping[str, Any]]) -> None:
        """Make the optimizer of its groups, and take every step."""
        groups: list[Group] = []
        for name, leaf in self.leaves.items():
            while len(groups) <= leaf.group:
                groups.append({"params": {}, **options[min(len(groups), len(options) - 1)]})
            memory = scenario.start(leaf, self.dtype)
            self.bases[name], groups[leaf.group]["params"][name] = self._array(memory, leaf.layout)
        training = begin(optimizer, groups)
        self._take(training)
        for step in range(scenario.STEPS):
            bases, grads = {}, {}
            for name in self.before:
                leaf = self.leaves[name]
                memory = scenario.gradients(leaf, self.dtype)[step]
                bases[name], grads[name] = self._array(memory, leaf.gradient_layout)
                self.before[name].append(memory.astype(np.float64))
            training.step(grads)
            for name, base in bases.items():
                after = self._memory(base, grads[name], self.leaves[name].gradient_layout, scenario.GRADIENT_GUARD)
                self.after[name].append(after)
            self._take(training)

    def _array(self, memory: FloatData, layout: Layout) -> tuple[Any, Any]:
        """The array and the view into it; where a framework has no strides, no array, and the view's numbers alone."""
        if not self.framework.strides:
            return None, self.framework.array(memory[layout.positions].reshape(layout.shape), self.device)
        base = self.framework.array(memory, self.device)
        return base, self.framework.view(base, layout.shape, layout.strides, layout.offset)

    def _memory(self, base: Any, native: Any, layout: Layout, guard: float) -> FloatArray:
        if base is not None:
            return self.framework.host(base).values
        memory = np.full(layout.size, guard)
        memory[layout.positions] = self.framework.host(native).values.reshape(-1)
        return memory

    def _take(self, training: Training) -> None:
        for name, leaf in self.leaves.items():
            host = self.framework.host(training.params[name])
            self._compare(name, host, leaf.shape)
            base = self.bases[name]
            self.memory[name].append(
                self._memory(base, training.params[name], leaf.layout, scenario.PARAMETER_GUARD)
            )  # fmt: skip
        self.states.append(
            {
                quantity: {name: self._kept(value) for name, value in values.items()}
                for quantity, values in training.state().items()
            }
        )

    def _kept(self, value: Any) -> Kept:
        if isinstance(value, (int, float)):
            return Kept(np.asarray(value, dtype=np.float64), type(value).__name__)
        host = self.framework.host(value)
        return Kept(host.values, host.dtype, self.framework.strides_of(value))

    def _compare(self, name: str, host: Host, shape: tuple[int, ...]) -> None:
        for kind, got, wanted in (
            ("shape", host.values.shape, shape),
            ("dtype", host.dtype, self.dtype),
            ("device", host.device, self.device),
        ):
            if got != wanted:
                raise TypeError(f"{name}: expected {kind} {wanted}, got {got}")

    def error(self, kind: str, message: str) -> None:
        """Note what was wrong apart from the numbers, at the step that is being taken."""
        self.errors.append(ProtocolError(kind, max(len(self.states) - 1, 0), message))

    def result(self) -> OptimizerRun:
        """What was recorded, of the steps that were whole."""
        steps = max(len(self.states) - 1, 0)

        def stacked(found: dict[str, list[FloatArray]], count: int) -> dict[str, FloatArray]:
            return {name: np.stack(values[:count]) for name, values in found.items() if len(values) >= count > 0}

        return OptimizerRun(
            self.dtype,
            self.leaves,
            stacked(self.memory, len(self.states)),
            stacked(self.before, steps),
            stacked(self.after, steps),
            self.states,
            tuple(self.errors),
            {name: leaf.layout for name, leaf in self.leaves.items()},
            {name: leaf.gradient_layout for name, leaf in self.leaves.items()},
        )
