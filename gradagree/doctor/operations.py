"""What a framework is asked to compute, with its settings as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gradagree.runtime.frameworks.framework import Framework
from reference.dyadic import FloatArray
from reference.validate import FloatData


class Operations(Protocol):
    """The operations that gradients are made of; each takes arrays of one dtype and returns its numbers in float64."""

    def matmul(self, a: FloatData, b: FloatData) -> FloatArray:
        """`a @ b`, of two matrices."""

    def times(self, a: FloatData, b: FloatData) -> FloatArray:
        """`a * b`, elementwise."""

    def total(self, a: FloatData) -> FloatArray:
        """The sum over the rows of a matrix."""

    def gradient_of_b(self, a: FloatData) -> FloatArray:
        """What reaches b of `x @ w + b`, `(m,)`, when `a`, `(N, m)`, reaches the sum: again one over the rows."""


@dataclass(frozen=True)
class Native:
    """These on native arrays of a framework, on one of its devices."""

    framework: Framework
    device: str

    def matmul(self, a: FloatData, b: FloatData) -> FloatArray:
        """`a @ b`."""
        array, device = self.framework.array, self.device
        return self.framework.host(array(a, device) @ array(b, device)).values

    def times(self, a: FloatData, b: FloatData) -> FloatArray:
        """`a * b`."""
        array, device = self.framework.array, self.device
        return self.framework.host(array(a, device) * array(b, device)).values

    def total(self, a: FloatData) -> FloatArray:
        """`a.sum(0)`."""
        return self.framework.host(self.framework.array(a, self.device).sum(0)).values

    def gradient_of_b(self, a: FloatData) -> FloatArray:
        """As the framework's own differentiation has it."""
        return self.framework.host(self.framework.bias_gradient(self.framework.array(a, self.device))).values
