"""Domains: what the numbers of a program are. One program, written over a `Domain`, has as many readings as there are.

- `exact.Exact`      rationals: what the program computes
- `rounded.Rounded`  a centre, and how far an evaluation in a claimed arithmetic may be from the exact number
- `updates.Updates`  the same of an optimizer's step, with quotients and roots; fast, for millions of parameters
- `balls.Balls`      balls of many bits, where there are quotients and roots: what the program computes, nearly
- `floats.Floats`    plain float64: where only the way there is wanted

A program is a model's forward (`reference.operations` differentiates it) or one step of an optimizer.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Protocol

import numpy.typing as npt

Value = Any  # an array of the numbers that the domain computes with
Number = Fraction | float  # a constant, which stands for itself exactly


class Elementwise(Protocol):
    """The operations that updates are written in; arrays broadcast as NumPy's do."""

    def lift(self, values: npt.ArrayLike) -> Value:
        """Floats as they are: data, or what an implementation recorded."""

    def add(self, a: Value, b: Value) -> Value:
        """`a + b`, elementwise."""

    def subtract(self, a: Value, b: Value) -> Value:
        """`a - b`, elementwise."""

    def negate(self, a: Value) -> Value:
        """`-a`, which nobody rounds."""

    def multiply(self, a: Value, b: Value) -> Value:
        """`a b`, elementwise."""

    def scale(self, a: Value, factor: Number) -> Value:
        """`factor a`."""

    def store(self, a: Value) -> Value:
        """`a` as it is kept: in the format of parameters and state."""


class Algebraic(Elementwise, Protocol):
    """The operations that optimizers with state are written in: quotients, roots, choices, numbers of their own."""

    @property
    def scalars(self) -> Algebraic:
        """The domain of what is computed from hyperparameters alone, without arrays."""

    def constant(self, a: Value) -> Value:
        """A hyperparameter, or a result of `scalars`, as it meets the numbers of this domain."""

    def power(self, a: Value, n: int | Fraction) -> Value:
        """`aⁿ` for one `a ≥ 0`, `n > 0`."""

    def product(self, over: Sequence[Value], under: Sequence[Value] = ()) -> Value:
        """`Π over / Π under`, multiplied and divided in any order."""

    def sqrt(self, a: Value) -> Value:
        """`√a`."""

    def absolute(self, a: Value) -> Value:
        """`|a|`."""

    def maximum(self, a: Value, b: Value) -> Value:
        """`max(a, b)`, elementwise."""

    def by_sign(self, a: Value, negative: Value, zero: Value, positive: Value) -> Value:
        """One of three, elementwise, as `a < 0`, `a = 0` or `a > 0`."""

    def nonnegative(self, a: Value) -> Value:
        """`a`, of which it is known that no evaluation is below zero: an average of squares is not."""

    def either(self, *forms: Value) -> Value:
        """One number, evaluated in any of these forms."""

    def loosened(self, a: Value, times: int) -> Value:
        """`a` after so many roundings more, which another form of it has."""


class Domain(Elementwise, Protocol):
    """The operations that models are written in."""

    def parameter(self, values: npt.ArrayLike) -> Value:
        """The parameters of a model, as it reads them."""

    def affine(self, x: Value, w: Value, b: Value) -> Value:
        """`x @ w + b` for `x (…, N, d)`, `w (…, d, m)` and `b (…, m)`, sums in any order."""

    def matmul(self, a: Value, b: Value) -> Value:
        """`a @ b`, sums in any order."""

    def transpose(self, a: Value) -> Value:
        """The matrices with their last two axes exchanged."""

    def sum_rows(self, a: Value) -> Value:
        """`Σ_i a_ij`, `(…, m)` of `(…, N, m)`."""

    def sum_squares(self, a: Value) -> Value:
        """`Σ_ij a_ij²`, `(…)` of `(…, N, m)`."""

    def rescale(self, a: Value) -> Value:
        """The same numbers, after a loss scale that was multiplied in and divided out again."""
