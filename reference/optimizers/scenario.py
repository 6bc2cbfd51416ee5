"""What optimizers are tried on: parameters in sets that show one kind of fault each, and a sequence of gradients.

The gradients are of no loss: an update is judged from the gradient it is given, whatever that is. Their signs change,
their sizes shrink and grow; among them are 0, -0, subnormal numbers, and a step at which all are zero.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from reference.dyadic import FloatArray
from reference.formats import BY_NAME, rounded
from reference.numbers import hashed
from reference.optimizers.layout import Layout, layout
from reference.validate import FloatData

# How large gradients are at each step, as a power of two; `None` for a step without any. Their squares stay in the
# range of float16.
SIZES = (0, -1, -3, 2, 1, -6, 3, 0, None, -1, -9, 1, 2, 0, -4, 3, -2, 0, 1, -1, 2, -7, 0, 1)
STEPS = len(SIZES)
# Whatever lies around a parameter and around a gradient. Numbers of every dtype here.
PARAMETER_GUARD, GRADIENT_GUARD = 7.0, -3.0


@dataclass(frozen=True)
class Leaf:
    """One parameter of a set.

    Parameters
    ----------
    name
        its name.
    shape
        its shape.
    kind, gradient_kind
        how it and its gradient lie in memory, a kind of `layout`.
    group
        which group it is in, 0 or 1.
    frozen
        whether it never has a gradient, and must not move.
    size, gradient_size
        how large its numbers are at first, and its gradients, in units of the others': powers of two.
    """

    name: str
    shape: tuple[int, ...]
    kind: str = "contiguous"
    gradient_kind: str = "contiguous"
    group: int = 0
    frozen: bool = False
    size: float = 1.0
    gradient_size: float = 1.0

    @cached_property
    def layout(self) -> Layout:
        """Where the parameter's numbers lie."""
        return layout(self.shape, self.kind)

    @cached_property
    def gradient_layout(self) -> Layout:
        """Where its gradient's numbers lie."""
        return layout(self.shape, self.gradient_kind)


SETS: dict[str, tuple[Leaf, ...]] = {
    "plain": (
        Leaf("vector", (33,)),
        Leaf("matrix", (5, 7)),
        Leaf("scalar", ()),
        Leaf("twin_a", (6,)),
        Leaf("twin_b", (6,)),
        Leaf("empty", (0,)),
    ),
    "tails": tuple(Leaf(f"length_{n}", (n,)) for n in (1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 65)),
    "strided": (
        Leaf("every_second", (33,), "strided", "strided"),
        Leaf("every_second_of_both", (4, 9), "strided", "contiguous"),
        Leaf("transposed", (6, 7), "transposed", "transposed"),
        Leaf("beside", (5,)),
    ),
    "mixed": (
        Leaf("gradient_transposed", (6, 5), "contiguous", "transposed"),
        Leaf("transposed", (6, 5), "transposed", "contiguous"),
        Leaf("gradient_expanded", (6, 5), "contiguous", "expanded"),
        Leaf("beside", (5,)),
    ),
    "groups": (
        Leaf("first", (9,)),
        Leaf("frozen", (9,), frozen=True),
        Leaf("second", (9,), group=1),
        Leaf("second_matrix", (3, 3), group=1),
    ),
}
# Those that need arrays with strides.
STRIDED = frozenset(
    name for name, leaves in SETS.items()
    if any({leaf.kind, leaf.gradient_kind} != {"contiguous"} for leaf in leaves)
)  # fmt: skip


@cache
def start(leaf: Leaf, dtype: str) -> FloatData:
    """The larger array that a parameter is a view into, as it is before the first step, in a dtype."""
    values = leaf.size * (2 * _hash(leaf, 1)[0] - 1)
    return _memory(leaf.layout, np.where(np.arange(values.size) % 9 == 4, 0.0, values), PARAMETER_GUARD, dtype)


@cache
def gradients(leaf: Leaf, dtype: str) -> FloatData:
    """The larger arrays that its gradients are views into, `(STEPS, M)`, in a dtype.

    Entries go by their index, plus a number for each parameter: of 8, one keeps its sign, one changes it at every step,
    one is often 0 or -0, one often subnormal; the others have signs and sizes of no pattern. Each is large at some
    step, so that a relative fault in any one shows.
    """
    noise = _hash(leaf, STEPS)
    sizes = np.array([0.0 if size is None else 2.0**size for size in SIZES])[:, None] * leaf.gradient_size
    step, kind = np.arange(STEPS)[:, None], (np.arange(noise.shape[1]) + zlib.crc32(leaf.name.encode()) % 8)[None] % 8
    values = sizes * (2 * noise - 1)
    values = np.where(kind == 0, sizes * (1 + noise) / 2, values)
    values = np.where(kind == 3, sizes * (1 + noise) / 2 * (-1.0) ** step, values)
    values = np.where((kind == 5) & (step % 3 != 0), np.where(step % 2 == 0, 0.0, -0.0), values)
    subnormal = BY_NAME[dtype].smallest_normal * (noise - 0.5)
    values = np.where((kind == 6) & (step % 4 == 1), subnormal, values)
    return np.stack([_memory(leaf.gradient_layout, row, GRADIENT_GUARD, dtype) for row in values])


def _memory(place: Layout, values: FloatArray, guard: float, dtype: str) -> FloatData:
    memory = np.full(place.size, guard)
    # Where one number stands for many, it is the last of theirs.
    memory[place.positions] = values
    found: FloatData = rounded(memory, dtype)
    found.setflags(write=False)
    return found


def _hash(leaf: Leaf, rows: int) -> FloatArray:
    count = int(np.prod(leaf.shape))
    return hashed(rows, count, seed=zlib.crc32(leaf.name.encode()) % 2**20 + rows, bits=16)
