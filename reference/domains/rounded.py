"""Programs as a correct implementation evaluates them: how far its rounding may take each number from the exact one.

Running error analysis: every operation adds its own roundings to the errors of its operands, as they come. It bounds
evaluations of the program *as it is written*: its operations in their order, each of them rounded no more than said at
each, with sums taken in any order or tree, fused or not. The model of arithmetic is that of `reference.rounding`, and
so are the conditions: no overflow. Source: Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §3.3;
matrix products by midpoint and radius, Rump, *Fast and parallel interval arithmetic*, BIT 39, 1999.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from reference.arithmetic import Arithmetic, growth
from reference.domains import Number
from reference.dyadic import FloatArray
from reference.formats import FLOAT64, Format
from reference.inflation import SMALLEST, inflation, nan_to_inf

U = FLOAT64.unit_roundoff


@dataclass(frozen=True)
class Enclosure:
    """Numbers that are known by a centre: `|exact - center| ≤ own`, and `|computed - exact| ≤ bound`, elementwise.

    The centre is computed in float64; what that costs is kept apart from what the checked evaluation may be off, so
    that an evaluation in float64 is not granted the roundings of both.
    """

    center: FloatArray
    own: FloatArray
    bound: FloatArray

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.center.shape

    @property
    def exact_size(self) -> FloatArray:
        """`≥ |exact|`."""
        return np.asarray(np.abs(self.center) + self.own)

    @property
    def size(self) -> FloatArray:
        """`≥ |computed|`."""
        return np.asarray(np.abs(self.center) + self.own + self.bound)

    def map(self, move: object) -> Enclosure:
        """The same numbers in another order or shape."""
        return Enclosure(*(move(part) for part in (self.center, self.own, self.bound)))  # type: ignore[operator]


class Rounded:
    """The domain of evaluations under a claimed arithmetic.

    Parameters
    ----------
    arithmetic
        the claim. `dyadic` and `wide_sums` say nothing of bounds.
    stored
        the format that results are stored in; the claim's storage unless given (an update's is `updates`).

    Raises
    ------
    ValueError
        if it claims that the gradient of least squares is formed by another program (`through_gram`), or an update from
        more than the gradient reported (`fused_update`): those have bounds of their own, in `reference.rounding`.
    """

    def __init__(self, arithmetic: Arithmetic, stored: Format | None = None) -> None:
        for name in ("through_gram", "fused_update"):
            if getattr(arithmetic, name):
                raise ValueError(f"arithmetic: expected one that evaluates the program as it is written, got {name}")
        self.arithmetic = arithmetic
        self.stored = stored or arithmetic.storage
        self.u = self.stored.unit_roundoff
        self.omega = arithmetic.omega
        # What an operand loses that is flushed, or narrowed on its way into a multiplier.
        self.flushed = arithmetic.omega if arithmetic.flushes else 0.0
        self.iota = arithmetic.iota

    def lift(self, values: npt.ArrayLike, bound: npt.ArrayLike = 0.0) -> Enclosure:
        """Floats as they are; or, with a bound, what a correct evaluation may be off from them already."""
        center = np.asarray(values, dtype=np.float64)
        return Enclosure(center, np.zeros_like(center), np.broadcast_to(np.asarray(bound, np.float64), center.shape))

    def parameter(self, values: npt.ArrayLike) -> Enclosure:
        """Parameters as a model reads them: rounded to storage, where they are kept in a wider format."""
        exact = self.lift(values)
        if self.stored.contains(self.arithmetic.updates):
            return exact
        return self._rounded(exact.center, exact.own, exact.bound, 1, exact.size)

    def add(self, a: Enclosure, b: Enclosure) -> Enclosure:
        """`a + b`: one rounding, and the claim's extra ones of each operand."""
        with np.errstate(over="ignore", invalid="ignore"):
            center = a.center + b.center
            own = a.own + b.own + U * np.abs(center)
            extra = growth((self.u, self.arithmetic.extra_roundings))
            carried = a.bound + b.bound + extra * (a.size + b.size) + 2 * self.flushed
            return self._rounded(center, own, carried, 1)

    def subtract(self, a: Enclosure, b: Enclosure) -> Enclosure:
        """`a - b`, rounded as a sum is."""
        return self.add(a, self.negate(b))

    def negate(self, a: Enclosure) -> Enclosure:
        """`-a`, without a rounding."""
        return Enclosure(-a.center, a.own, a.bound)

    def multiply(self, a: Enclosure, b: Enclosure) -> Enclosure:
        """`a b`: one rounding."""
        with np.errstate(over="ignore", invalid="ignore"):
            center = a.center * b.center
            own = np.abs(a.center) * b.own + a.own * b.exact_size + U * np.abs(center) + SMALLEST
            carried = a.exact_size * b.bound + a.bound * b.size
            carried = carried + self.flushed * (a.size + b.size + self.flushed)
            return self._rounded(center, own, carried, 1)

    def scale(self, a: Enclosure, factor: Number) -> Enclosure:
        """`factor a`: one rounding of the factor, absolute below the smallest normal number, and one of the product."""
        near = float(factor)
        size = abs(near) * (1 + U)
        lost = self.u * size + (self.omega if 0 < abs(near) < self.stored.smallest_normal else 0.0)
        with np.errstate(over="ignore", invalid="ignore"):
            center = near * a.center
            off = 0.0 if Fraction(near) == factor else U * abs(near) + SMALLEST
            own = abs(near) * a.own + off * a.exact_size + U * np.abs(center) + SMALLEST
            # The factor's own error comes last: u |factor| alone may lie below the smallest float64.
            carried = size * a.bound + (self.u * (size * a.size) + (lost - self.u * size) * a.size)
            return self._rounded(center, own, carried + self.flushed * (size + lost), 1)

    def matmul(self, a: Enclosure, b: Enclosure) -> Enclosure:
        """`a @ b`: sums as the claim takes them, of narrowed factors, their result stored."""
        return self._product(a, b, None)

    def store(self, a: Enclosure) -> Enclosure:
        """`a` itself: every result is of the format that parameters are kept in."""
        return a

    def affine(self, x: Enclosure, w: Enclosure, b: Enclosure) -> Enclosure:
        """`x @ w + b`, b one more term of the sums, stored once more."""
        return self._product(x, w, b.map(lambda part: part[..., None, :]))

    def transpose(self, a: Enclosure) -> Enclosure:
        """The last two axes exchanged."""
        return a.map(lambda part: np.swapaxes(part, -1, -2))

    def sum_rows(self, a: Enclosure) -> Enclosure:
        """The sum over the last axis but one, which may also be taken as a product with ones."""
        rows = a.center.shape[-2]
        with np.errstate(over="ignore", invalid="ignore"):
            center = a.center.sum(axis=-2)
            own = (a.own + rows * U * np.abs(a.center)).sum(axis=-2)
            return self._summed(center, own, a.bound.sum(axis=-2) + rows * self.iota, a.size.sum(axis=-2), rows, 1)

    def sum_squares(self, a: Enclosure) -> Enclosure:
        """The sum of the squares over the last two axes, which may also be taken as a matrix product `rᵀ r`."""
        axes, terms = (-2, -1), a.center.shape[-2] * a.center.shape[-1]
        with np.errstate(over="ignore", invalid="ignore"):
            squares = a.center * a.center
            own = (a.own * (2 * np.abs(a.center) + a.own) + (terms + 1) * U * squares + SMALLEST).sum(axis=axes)
            carried = a.bound * (a.exact_size + a.size) + self.iota * (2 * a.size + self.iota)
            size = (a.size * a.size).sum(axis=axes)
            return self._summed(squares.sum(axis=axes), own, carried.sum(axis=axes), size, terms, 1 + self._products)

    def rescale(self, a: Enclosure) -> Enclosure:
        """Two roundings more: of a loss scale's reciprocal, and of the product with it."""
        return self._rounded(a.center, a.own, a.bound, 2)

    @property
    def _products(self) -> int:
        """Each product may be stored before it is summed; where sums are no wider, that is a term's first rounding."""
        return int(self.stored != self.arithmetic.accumulate)

    def _product(self, a: Enclosure, b: Enclosure, plus: Enclosure | None) -> Enclosure:
        terms = a.center.shape[-1]
        with np.errstate(over="ignore", invalid="ignore"):
            center, left, right = a.center @ b.center, a.size, b.size
            size = left @ right
            own = np.abs(a.center) @ b.own + a.own @ b.exact_size
            own = own + (terms + 1) * (U * size + SMALLEST)
            carried = a.exact_size @ b.bound + a.bound @ right
            if self.iota:
                operands = left.sum(axis=-1, keepdims=True) + right.sum(axis=-2, keepdims=True)
                carried = carried + self.iota * (operands + terms * self.iota)
            if plus is not None:
                center = center + plus.center
                own = own + plus.own + U * np.abs(center)
                carried, size = carried + plus.bound + self.flushed, size + plus.size
            products = self._products if terms > 1 else 0
            return self._summed(center, own, carried, size, terms, 1 + products + (plus is not None), plain=False)

    def _summed(
        self, center: FloatArray, own: FloatArray, carried: FloatArray, size: FloatArray, terms: int, times: int,
        plain: bool = True,
    ) -> Enclosure:  # fmt: skip
        """A sum of so many terms of this size in all, stored so many times; a plain one may store partial sums too."""
        claim = self.arithmetic
        times += claim.extra_roundings + (plain and claim.stores_partial_sums(terms))
        relative = growth((claim.narrowing, 2), claim.added(claim.depth(terms)), (self.u, times))
        bound = carried + relative * size + (1 + relative) * (2 * terms + times) * self.omega
        return _enclosure(center, own, bound, terms)

    def _rounded(
        self, center: FloatArray, own: FloatArray, carried: FloatArray, times: int, size: FloatArray | None = None
    ) -> Enclosure:
        """What is left after so many roundings of numbers that were off by what is carried."""
        relative = growth((self.u, times))
        size = np.abs(center) + own + carried if size is None else size
        return _enclosure(center, own, carried + relative * size + (1 + relative) * times * self.omega)


def _enclosure(center: FloatArray, own: FloatArray, bound: FloatArray, terms: int = 1) -> Enclosure:
    """Both bounds lifted above their own rounding and, of so many products each, their own underflow."""
    above, lost = inflation(terms), (2 * terms + 4) * SMALLEST
    return Enclosure(np.asarray(center), nan_to_inf(own * above + lost), nan_to_inf(bound * above + lost))
