"""Mistakes that no option of a recurrence is for, each a recurrence around another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reference.domains import Algebraic, Value
from reference.domains.updates import Band
from reference.optimizers import Optimizer, Params, State


@dataclass(frozen=True)
class Wrapper:
    """A recurrence around another."""

    inner: Optimizer

    @property
    def lr(self) -> float:
        """The inner one's."""
        return self.inner.lr

    def init(self, d: Algebraic, params: Params) -> State:
        """The inner one's."""
        return self.inner.init(d, params)


@dataclass(frozen=True)
class Ascending(Wrapper):
    """`θ + u` takes the place of `θ - u`: the same step of `-θ`, its sign turned."""

    def step(self, d: Algebraic, params: Params, grads: Params, state: State) -> tuple[Params, State]:
        """Of an inner recurrence whose coupled decay has the other sign, `g + λ θ` stays as it is."""
        after, state = self.inner.step(d, {name: d.negate(p) for name, p in params.items()}, grads, state)
        return {name: d.negate(p) for name, p in after.items()}, state


@dataclass(frozen=True)
class Negated(Wrapper):
    """`-g` takes the place of `g`."""

    def step(self, d: Algebraic, params: Params, grads: Params, state: State) -> tuple[Params, State]:
        """The inner one's."""
        return self.inner.step(d, params, {name: d.negate(g) for name, g in grads.items()}, state)


@dataclass(frozen=True)
class Stored(Wrapper):
    """State is rounded once more than the recurrence says, when it is stored."""

    def step(self, d: Algebraic, params: Params, grads: Params, state: State) -> tuple[Params, State]:
        """The inner one's."""
        after, following = self.inner.step(d, params, grads, state)
        kept = {quantity: {n: d.loosened(v, 1) for n, v in of.items()} for quantity, of in following.values.items()}
        return after, State(following.step, kept)


@dataclass(frozen=True)
class Counting(Wrapper):
    """Steps are counted from another number, `shift` more; the first counts as 1 at least."""

    shift: int

    def step(self, d: Algebraic, params: Params, grads: Params, state: State) -> tuple[Params, State]:
        """The inner one's, of another step."""
        after, following = self.inner.step(d, params, grads, State(max(state.step + self.shift, 0), state.values))
        return after, State(state.step + 1, following.values)


@dataclass(frozen=True)
class Shared(Wrapper):
    """Parameters of one shape share their state: each begins with what the one before it left.

    Parameters
    ----------
    groups
        of the entries, those that share: `((begin, end), …)` for each shape, in the order of the parameters.
    counted
        whether the number of steps is shared, too.
    """

    groups: tuple[tuple[tuple[int, int], ...], ...]
    counted: bool = False

    def step(self, d: Algebraic, params: Params, grads: Params, state: State) -> tuple[Params, State]:
        """Piece by piece; what is kept at the end of a step is the last one's, for all."""
        [name] = params
        moved: dict[tuple[int, int], Value] = {}
        kept: dict[str, dict[tuple[int, int], Value]] = {}
        for pieces in self.groups:
            values = {q: _cut(of[name], *pieces[0]) for q, of in state.values.items()}
            count = state.step * len(pieces) if self.counted else state.step
            for piece in pieces:
                before = State(count, {q: {name: value} for q, value in values.items()})
                theta, g = _cut(params[name], *piece), _cut(grads[name], *piece)
                after, following = self.inner.step(d, {name: theta}, {name: g}, before)
                moved[piece] = after[name]
                values = {q: of[name] for q, of in following.values.items()}
                count += self.counted
            for quantity, value in values.items():
                kept.setdefault(quantity, {}).update(dict.fromkeys(pieces, value))
        whole = {quantity: {name: _joined(of)} for quantity, of in kept.items()}
        return {name: _joined(moved)}, State(state.step + 1, whole)


def _cut(value: Any, begin: int, end: int) -> Any:
    """Some entries; what stands for all of them stays."""
    if isinstance(value, Band):
        return replace(value, center=_cut(value.center, begin, end), absolute=_cut(value.absolute, begin, end))
    return value[begin:end] if getattr(value, "ndim", 0) else value


def _joined(pieces: Mapping[tuple[int, int], Any]) -> Any:
    """The pieces in their order, one after the other; what is kept once, as the last of them has it."""
    ordered = [(end - begin, pieces[begin, end]) for begin, end in sorted(pieces)]
    if not ordered[-1][1].shape:
        return ordered[-1][1]
    if not isinstance(ordered[0][1], Band):
        return np.concatenate([np.broadcast_to(value, (count,)) for count, value in ordered])
    center = np.concatenate([np.broadcast_to(band.center, (count,)) for count, band in ordered])
    bound = np.concatenate([np.broadcast_to(band.bound, (count,)) for count, band in ordered])
    return Band(center, 0.0, bound, min(band.floor for _, band in ordered))
