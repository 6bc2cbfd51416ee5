"""Matrix units as their papers describe them, and forms evaluated on them: what `reference.claims` names is attacked.

A tensor core adds n products and the sum so far: all are aligned to the largest of them, cut after so many bits, added
exactly, and the sum is cut to float32 (Fasi, Higham, Mikaitis & Pranesh, PeerJ Comput. Sci. 7:e330; arXiv 2511.10909).
Other units take float32 factors apart into bfloat16 pieces, whose products a float32 accumulator sums (arXiv
1904.06376).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from tools.attack import gradients, losses
from tools.attack.claims import Claim
from tools.attack.data import Array
from tools.attack.forms import Form
from tools.attack.machine import DTYPES, Machine

Products = Callable[[Array, Array], Array]  # of factors, stacked on the first axis, as float64
Adding = Callable[[Array], Array]  # of float64 over the first axis, a float32 in it


def in_blocks(terms: Array, size: int, bits: int) -> Array:
    """So many products at a time, and the sum so far, aligned and cut toward zero."""
    total = np.zeros(terms.shape[1:])
    for start in range(0, len(terms), size):
        block = np.concatenate([total[None], terms[start : start + size]])
        unit = np.ldexp(1.0, np.frexp(np.abs(block).max(axis=0))[1] - 1 - bits)
        total = cut(np.trunc(block / unit).sum(axis=0) * unit, 24)
    return total


def one_by_one(terms: Array) -> Array:
    """In a float32 accumulator."""
    return np.asarray(np.add.accumulate(terms.astype(np.float32), axis=0)[-1])


@dataclass(frozen=True)
class MatrixUnit(Machine):
    """A machine whose products of matrices are a unit's own."""

    products: Products = np.multiply
    adding: Adding = one_by_one

    def dot(self, left: Array, right: Array) -> Array:
        return self._added(left, right).astype(self.stored)

    def matmul(self, x: Array, w: Array) -> Array:
        return self._added(np.moveaxis(x, -1, 0)[..., None], np.moveaxis(w, -2, 0)[:, None])

    def _added(self, left: Array, right: Array) -> Array:
        return self.adding(self.products(left.astype(np.float64), right.astype(np.float64))).astype(np.float32)


def cut(values: Array, digits: int) -> Array:
    """Toward zero, to so many digits and no finer than float32's smallest number."""
    unit = np.maximum(np.ldexp(1.0, np.frexp(values)[1] - digits), 2.0**-149)
    return np.asarray(np.trunc(values / unit) * unit)


def rounded_to(values: Array, digits: int) -> Array:
    """To nearest, ties to even, with float32's exponents."""
    unit = np.maximum(np.ldexp(1.0, np.frexp(values)[1] - digits), 2.0 ** (-125 - digits))
    return np.asarray(np.rint(values / unit) * unit)


def of_tf32(left: Array, right: Array) -> Array:
    return rounded_to(left, 11) * rounded_to(right, 11)


def of_cut_tf32(left: Array, right: Array) -> Array:
    return cut(left, 11) * cut(right, 11)


def of_pieces(left: Array, right: Array, pieces: int, order: int) -> Array:
    """The products of pieces i and j with `i + j <= order`, the first being 0."""
    lefts, rights = _pieces(left, pieces), _pieces(right, pieces)
    return np.concatenate(
        [lefts[i] * rights[j] for i in range(pieces) for j in range(pieces) if i + j <= order], axis=0
    )


def _pieces(values: Array, count: int) -> list[Array]:
    found = []
    for _ in range(count):
        piece = values.astype(np.float32).astype(DTYPES["bfloat16"]).astype(np.float64)
        found.append(piece)
        values = values - piece
    return found


@dataclass(frozen=True)
class OnUnit(Form):
    """A form on a matrix unit, in the dtypes that it is for."""

    products: Products = np.multiply
    adding: Adding = one_by_one
    dtypes: tuple[str, ...] = ()

    def machine(self, storage: str, accumulate: str) -> Machine:
        return MatrixUnit(storage, accumulate, products=self.products, adding=self.adding)

    def applies(self, storage: str, rows: int, m: int) -> bool:
        return storage in self.dtypes and super().applies(storage, rows, m)


NARROW, FLOAT32 = ("bfloat16", "float16"), ("float32",)
UNITS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("tensor-core-v100", {"adding": partial(in_blocks, size=4, bits=23), "dtypes": NARROW}),
    ("tensor-core-a100", {"adding": partial(in_blocks, size=8, bits=24), "dtypes": NARROW}),
    ("tensor-core-h100", {"adding": partial(in_blocks, size=16, bits=25), "dtypes": NARROW}),
    ("tensor-core-a100", {"adding": partial(in_blocks, size=4, bits=24), "products": of_tf32, "dtypes": FLOAT32}),
    ("tensor-core-h100", {"adding": partial(in_blocks, size=8, bits=25), "products": of_tf32, "dtypes": FLOAT32}),
    ("tf32", {"products": of_tf32, "dtypes": FLOAT32}),
    ("tf32-cut", {"products": of_cut_tf32, "dtypes": FLOAT32}),
    ("bf16x3", {"products": partial(of_pieces, pieces=2, order=1), "dtypes": FLOAT32}),
    ("bf16x6", {"products": partial(of_pieces, pieces=3, order=2), "dtypes": FLOAT32}),
    ("bf16x9", {"products": partial(of_pieces, pieces=3, order=4), "dtypes": FLOAT32}),
)


def _entries(name: str) -> Callable[[str, int, int], tuple[str, ...]]:
    return lambda *_: (name,)


ON_UNITS = tuple(
    OnUnit(quantity, f"{form} on {name}, {' and '.join(unit['dtypes'])}", evaluate, Claim(name, _entries(name)), **unit)
    for name, unit in UNITS
    for quantity, form, evaluate in (
        ("gradient", "Xᵀ(c r)", gradients.scale_first),
        ("gradient", "c Xᵀr", gradients.scale_last),
        ("loss", "(1/N) rᵀr", losses.reciprocal),
    )
)
