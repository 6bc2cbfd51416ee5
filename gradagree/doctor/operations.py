"""What a framework is asked to compute, with its flags as they are."""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager
from typing import Any, Protocol

from gradagree.runtime import frameworks
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


class Native:
    """These on native arrays of a framework, all but the last, which each differentiates in its own way."""

    def __init__(self, arrays: frameworks.Framework, device: str) -> None:
        self.arrays, self.device = arrays, device

    def matmul(self, a: FloatData, b: FloatData) -> FloatArray:
        """`a @ b`."""
        return self.numbers(self.native(a) @ self.native(b))

    def times(self, a: FloatData, b: FloatData) -> FloatArray:
        """`a * b`."""
        return self.numbers(self.native(a) * self.native(b))

    def total(self, a: FloatData) -> FloatArray:
        """`a.sum(0)`."""
        return self.numbers(self.native(a).sum(0))

    def native(self, values: FloatData) -> Any:
        """An array on the device."""
        return self.arrays.array(values, self.device)

    def numbers(self, value: Any) -> FloatArray:
        """Its numbers, in float64."""
        return self.arrays.host(value).values


class Framework(Protocol):
    """A framework under examination, one module for each."""

    def flags(self) -> dict[str, str]:
        """The settings that decide about arithmetic, by the names that it gives them."""

    def named(self, device: str) -> str:
        """Which device of a kind this is, in its maker's words; empty where nobody says."""

    def operations(self, device: str) -> Operations:
        """Its operations on one of its devices."""

    def setting(self, dtype: str) -> AbstractContextManager[object]:
        """A context in which there are arrays of `dtype` at all. Nothing else is changed."""


def of(name: str) -> Framework:
    """The framework called `name`, imported now."""
    found: Framework = importlib.import_module(f"gradagree.doctor.on_{name}").FRAMEWORK
    return found
