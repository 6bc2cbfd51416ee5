"""The worst evaluation that the model allows: every rounding error as large as it may be, in the direction that hurts.

Evaluated in rationals. What an intermediate result does to the final one has a sign that is known beforehand, so each
operation can be told which way to err. No machine is that unlucky; the bounds must hold even so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flint import fmpq

from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray
from reference.formats import Format


@dataclass(frozen=True)
class Adversary:
    """Errs as far as `claim` allows."""

    claim: Arithmetic

    def gradient(self, x: FloatArray, y: FloatArray, V: FloatArray, j: int, t: int, sign: int) -> tuple[fmpq, fmpq]:
        """Component j of target t, pushed up (`sign` 1) or down (-1), and its exact value.

        Six roundings to storage after the residual, as many as the bound allows.
        """
        count, column = y.size, [*(exact(v) for v in x[:, j])] if j < x.shape[1] else [fmpq(1)] * len(x)
        true = [self.residual(*row, 0) for row in rows(x, y, V, t)]
        total = sum((a * r for a, r in zip(column, true, strict=True)), fmpq(0))
        mean = self._err(fmpq(2, count), sign * sgn(total), self.claim.storage)
        terms = []
        for a, row in zip(column, rows(x, y, V, t), strict=True):
            way = sign * sgn(a)
            r = self._err(mean * self.residual(*row, way), way, self.claim.storage, times=4)
            factors = self._operand(a, sign * sgn(r), True) * self._operand(r, way, True)
            terms.append(self._err(factors, sign, self.claim.accumulate))
        sum_ = self._sum(terms, sign)
        return self._err(sum_, sign, self.claim.storage), total * fmpq(2, count)

    def loss(self, x: FloatArray, y: FloatArray, V: FloatArray, sign: int) -> tuple[fmpq, fmpq]:
        """The loss, pushed up or down, and its exact value."""
        true, terms = fmpq(0), []
        for t in range(y.shape[1]):
            for row in rows(x, y, V, t):
                r = self.residual(*row, 0)
                true += r * r
                r = self.residual(*row, sign * sgn(r))
                terms.append(self._err(r * r, sign, self.claim.storage, times=2))
        mean = self._err(fmpq(1, y.size), sign, self.claim.storage)
        return self._err(mean * self._sum(terms, sign), sign, self.claim.storage), true / y.size

    def update(self, v: float, g: float, lr: float, sign: int) -> tuple[fmpq, fmpq]:
        """`v - lr g`, pushed up or down, and its exact value; the difference errs in proportion to what is returned."""
        form = self.claim.storage
        rate = self._err(exact(lr), -sign * sgn(exact(g)), form)
        product = self._err(rate * self._operand(exact(g), -sign, False), -sign, form)
        after = self._operand(exact(v), sign, False) - product
        true = exact(v) - exact(lr) * exact(g)
        if abs(after) < exact(form.smallest_normal):
            return self._err(after, sign, form, adds=True), true
        return after / (1 - sign * sgn(after) * exact(form.unit_roundoff)), true

    def residual(self, x: list[fmpq], y: fmpq, w: list[fmpq], b: fmpq, way: int) -> fmpq:
        """`Σ x w + b - y`, with every error in the direction `way`; exactly, where that is 0."""
        storage, total = self.claim.storage, None
        for a, v in zip(x, w, strict=True):
            factors = self._operand(a, way * sgn(v), True) * self._operand(v, way * sgn(a), True)
            product = self._err(factors, way, self.claim.accumulate)
            if len(x) > 1 and storage != self.claim.accumulate:  # stored before it is summed
                product = self._err(product, way, storage)
            total = product if total is None else self._err(total + product, way, self.claim.accumulate, adds=True)
        assert total is not None
        prediction = self._err(total, way, storage) + self._operand(b, way, False)
        prediction = self._err(prediction, way, storage, adds=True)
        return self._err(prediction - self._operand(y, -way, False), way, storage, adds=True)

    def _sum(self, terms: list[fmpq], sign: int) -> fmpq:
        # The largest first: they are rounded most often.
        first, *rest = sorted(terms, key=abs, reverse=True)
        for term in rest:
            first = self._err(first + term, sign, self.claim.accumulate, adds=True)
        return first

    def _err(self, value: fmpq, way: int, form: Format, times: int = 1, adds: bool = False) -> fmpq:
        """A result of an operation, off by its largest error."""
        if abs(value) < exact(form.smallest_normal):
            return value if adds and not self.claim.flushes else value + way * exact(self.claim.omega)
        return value * (1 + way * sgn(value) * exact(form.unit_roundoff)) ** times

    def _operand(self, value: fmpq, way: int, multiplied: bool) -> fmpq:
        """What an operation reads of a stored number."""
        claim = self.claim
        if value and abs(value) < exact(claim.storage.smallest_normal):
            return value + way * exact(claim.iota) if multiplied or claim.flushes else value
        if multiplied and claim.multiply is not None and not claim.multiply.contains(claim.storage):
            return value * (1 + way * sgn(value) * exact(claim.multiply.unit_roundoff))
        return value


def rows(x: FloatArray, y: FloatArray, V: FloatArray, t: int) -> Iterator[tuple[list[fmpq], fmpq, list[fmpq], fmpq]]:
    """Each row's x and y, and the parameters of target t, exactly."""
    w, b = [exact(v) for v in V[:-1, t]], exact(V[-1, t])
    for i in range(len(x)):
        yield [exact(v) for v in x[i]], exact(y[i, t]), w, b


def exact(value: float) -> fmpq:
    """A float as the rational it is."""
    return fmpq(*float(value).as_integer_ratio())


def sgn(value: fmpq) -> int:
    """1 or -1; a zero can be pushed either way."""
    return 1 if value >= 0 else -1
