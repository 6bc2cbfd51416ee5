"""The two readings of one program: Exact is exact, and Rounded holds every legal evaluation and no term too many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from reference.arithmetic import Arithmetic, Blocks
from reference.domains import Domain, Value
from reference.domains.exact import Exact
from reference.domains.rounded import Rounded
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, TF32, Format

Array = Any
Program = Callable[[Domain], Value]

F32, BF16, F16 = np.float32, ml_dtypes.bfloat16, np.float16
PLAIN32, PLAIN16 = Arithmetic(FLOAT32, FLOAT32), Arithmetic(FLOAT16, FLOAT32)
BRAIN = Arithmetic(BFLOAT16, BFLOAT16)


def column(*values: float) -> Array:
    return np.array(values)[:, None]


def row(*values: float) -> Array:
    return np.array(values)[None, :]


def within(program: Program, computed: Array, arithmetic: Arithmetic, stored: Format | None = None) -> bool:
    """Whether what was computed lies inside the bound of the exact result."""
    exact, found = program(Exact()), program(Rounded(arithmetic, stored))
    error = [abs(Fraction(float(c)) - e) for c, e in zip(np.ravel(computed), fractions(exact), strict=True)]
    return all(e <= Fraction(float(b)) for e, b in zip(error, np.ravel(found.bound), strict=True))


def fractions(exact: Any) -> list[Fraction]:
    unit = Fraction(2) ** exact.numerator.exponent / exact.denominator
    return [Fraction(int(n)) * unit for n in exact.numerator.digits.ravel()]


@dataclass(frozen=True)
class Term:
    """An evaluation that one term of the bounds is for: within them, and outside without the term."""

    program: Program
    computed: Callable[[], Array]
    claimed: Arithmetic
    without: Arithmetic
    stored: Format | None = None


def finer(form: Format) -> Format:
    """The same range, and one bit more."""
    return replace(form, precision=form.precision + 1)


def farther(form: Format) -> Format:
    """The same precision, and no underflow in sight."""
    return replace(form, emin=-900)


UP = 1 + 2.0**-8  # half way between two numbers of bfloat16
# Each is lost beside 1, where it comes after it.
CRUMBS = np.concatenate([[1.0], np.full(64, 2.0**-9)])
BELOW = 1 + 2.0**-10 - 2.0**-23  # float32's last number before one of 11 bits


def in_turn(terms: Array) -> Array:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


TERMS = {
    "one rounding of a sum": Term(
        lambda d: d.add(d.lift([1.0]), d.lift([2.0**-8])), lambda: BF16(1) + BF16(2.0**-8), BRAIN,
        Arithmetic(finer(BFLOAT16), BFLOAT16),
    ),
    "one rounding of a product": Term(
        lambda d: d.multiply(d.lift([1 + 2.0**-7]), d.lift([1.5])), lambda: BF16(1 + 2.0**-7) * BF16(1.5), BRAIN,
        Arithmetic(replace(BFLOAT16, precision=12), BFLOAT16),
    ),
    "the rounding of a constant": Term(
        lambda d: d.scale(d.lift([1.0]), UP), lambda: BF16(UP) * BF16(1), BRAIN,
        Arithmetic(replace(BFLOAT16, precision=10), BFLOAT16),
    ),
    "a constant below the normal range": Term(
        lambda d: d.scale(d.lift([2.0**14]), 0.75 * 2.0**-24), lambda: F16(0.75 * 2.0**-24) * F16(2.0**14), PLAIN16,
        Arithmetic(farther(FLOAT16), FLOAT32),
    ),
    "a product that underflows": Term(
        lambda d: d.multiply(d.lift([2.0**-14]), d.lift([2.0**-11])), lambda: F16(2.0**-14) * F16(2.0**-11), PLAIN16,
        Arithmetic(farther(FLOAT16), FLOAT32),
    ),
    "a flushed operand of a sum": Term(
        lambda d: d.add(d.lift([2.0**-15]), d.lift([1.0])), lambda: F32(1), Arithmetic(finer(finer(FLOAT32)),
        FLOAT16, flushes=True), Arithmetic(finer(finer(FLOAT32)), FLOAT16),
    ),
    "a flushed operand of a product": Term(
        lambda d: d.multiply(d.lift([2.0**-127]), d.lift([2.0**20])), lambda: F32(0), replace(PLAIN32, flushes=True),
        PLAIN32,
    ),
    "the roundings of a long sum": Term(
        lambda d: d.sum_rows(d.lift(CRUMBS[:, None])), lambda: in_turn(CRUMBS.astype(BF16)), BRAIN,
        replace(BRAIN, height=1),
    ),
    "the roundings of a long product": Term(
        lambda d: d.matmul(d.lift(CRUMBS[None]), d.lift(np.ones((65, 1)))), lambda: in_turn(CRUMBS.astype(BF16)),
        BRAIN, replace(BRAIN, height=1),
    ),
    "the roundings of a sum of squares": Term(
        lambda d: d.sum_squares(d.lift(np.sqrt(CRUMBS[:65:2, None] * 2.0 ** (CRUMBS[:65:2, None] < 1)))),
        lambda: in_turn((CRUMBS[:65:2] * 2.0 ** (CRUMBS[:65:2] < 1)).astype(BF16)), BRAIN, replace(BRAIN, height=1),
    ),
    "products stored before they are summed": Term(
        lambda d: d.matmul(d.lift(row(255, 255)), d.lift(column(130, 129))),
        lambda: BF16(F32(BF16(255) * BF16(130)) + F32(BF16(255) * BF16(129))), Arithmetic(BFLOAT16, FLOAT32),
        Arithmetic(finer(BFLOAT16), FLOAT32),
    ),
    "the intercept's own storing": Term(
        lambda d: d.affine(d.lift(row(1.0)), d.lift(column(1.0)), d.lift([2.0**-8])), lambda: BF16(1) + BF16(2.0**-8),
        BRAIN, Arithmetic(replace(BFLOAT16, precision=11), replace(BFLOAT16, precision=11)),
    ),
    "narrowed factors": Term(
        lambda d: d.matmul(d.lift(row(BELOW)), d.lift(column(BELOW))), lambda: F32(1.0) * F32(1.0),
        Arithmetic(FLOAT32, FLOAT32, multiply=replace(TF32, cut=True)), PLAIN32,
    ),
    "factors narrowed below the normal range": Term(
        lambda d: d.matmul(d.lift(row(2.0**-26)), d.lift(column(2.0**20))), lambda: F32(0),
        Arithmetic(FLOAT32, FLOAT32, multiply=FLOAT16),
        Arithmetic(FLOAT32, FLOAT32, multiply=farther(FLOAT16)),
    ),
    "extra roundings of an operand": Term(
        lambda d: d.subtract(d.lift([UP]), d.lift([1.0])), lambda: BF16(UP) - BF16(1), replace(BRAIN,
        extra_roundings=1), BRAIN,
    ),
    "stored partial sums": Term(
        lambda d: d.sum_rows(d.lift(column(1.0, 2.0**-8, 2.0**-8))),
        lambda: BF16(BF16(1) + BF16(2.0**-8)) + BF16(2.0**-8),
        Arithmetic(BFLOAT16, FLOAT64, partial_sums_from=3), Arithmetic(BFLOAT16, FLOAT64),
    ),
    "a matrix unit's blocks": Term(
        lambda d: d.matmul(d.lift(row(1.0, 0.9 * 2.0**-10)), d.lift(column(1.0, 1.0))), lambda: F32(1),
        Arithmetic(FLOAT32, FLOAT32, blocks=Blocks(4, 10)), PLAIN32,
    ),
    "products taken apart": Term(
        lambda d: d.sum_rows(d.lift(CRUMBS[:, None])), lambda: in_turn(CRUMBS.astype(BF16)),
        Arithmetic(BFLOAT16, BFLOAT16, height=9, pieces=6), Arithmetic(BFLOAT16, BFLOAT16, height=9),
    ),
    "parameters in a wider format": Term(
        lambda d: d.parameter([UP]), lambda: BF16(UP), Arithmetic(BFLOAT16, FLOAT32, parameters=FLOAT32),
        Arithmetic(BFLOAT16, FLOAT32),
    ),
    "a loss scale that is no power of two": Term(
        lambda d: d.rescale(d.lift([1.25])), lambda: F16(F16(1.25) * F16(1000.0)) * F16(1 / 1000), PLAIN16,
        Arithmetic(replace(FLOAT16, precision=15), FLOAT32),
    ),
}  # fmt: skip


@pytest.mark.parametrize("term", TERMS)
def test_rounded_with_the_term_for_it_holds_an_evaluation(term: str) -> None:
    case = TERMS[term]
    assert within(case.program, case.computed(), case.claimed, case.stored)


@pytest.mark.parametrize("term", TERMS)
def test_rounded_without_the_term_for_it_does_not_hold_the_evaluation(term: str) -> None:
    case = TERMS[term]
    assert not within(case.program, case.computed(), case.without, case.stored)


OTHERS = {"through_gram": replace(PLAIN32, through_gram=True), "fused_update": replace(PLAIN32, fused_update=True)}


@pytest.mark.parametrize("claim", OTHERS)
def test_rounded_refuses_a_claim_of_another_program(claim: str) -> None:
    with pytest.raises(ValueError, match=f"^arithmetic: expected one that evaluates the program .* got {claim}$"):
        Rounded(OTHERS[claim])


# The centre, which is float64's.

ROUGH = np.random.default_rng(0).standard_normal((3, 5, 4)) * 2.0 ** np.arange(-8, 12, 5)
OTHER = np.random.default_rng(1).standard_normal((3, 5, 4)) / 3
PROGRAMS: dict[str, Program] = {
    "add": lambda d: d.add(d.lift(ROUGH), d.lift(OTHER)),
    "subtract": lambda d: d.subtract(d.add(d.lift(ROUGH), d.lift(OTHER)), d.lift(ROUGH)),
    "multiply": lambda d: d.multiply(d.multiply(d.lift(ROUGH), d.lift(OTHER)), d.lift(ROUGH)),
    "scale": lambda d: d.scale(d.lift(ROUGH), Fraction(1, 3)),
    "matmul": lambda d: d.matmul(d.transpose(d.scale(d.lift(ROUGH), Fraction(1, 3))), d.lift(OTHER)),
    "affine": lambda d: d.affine(d.lift(ROUGH), d.transpose(d.scale(d.lift(OTHER), 0.1)), d.lift(ROUGH[:, :, 0])),
    "sum_rows": lambda d: d.sum_rows(d.multiply(d.lift(ROUGH), d.lift(OTHER))),
    "sum_squares": lambda d: d.sum_squares(d.multiply(d.lift(ROUGH), d.lift(OTHER))),
    "negate": lambda d: d.negate(d.rescale(d.add(d.lift(ROUGH), d.lift(OTHER)))),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_own_holds_what_float64_makes_of_the_centre(program: str) -> None:
    exact, found = fractions(PROGRAMS[program](Exact())), PROGRAMS[program](Rounded(PLAIN32))
    off = [abs(Fraction(float(c)) - e) for c, e in zip(found.center.ravel(), exact, strict=True)]
    assert any(off), "where the centre is exact, this tells nothing"
    assert all(o <= Fraction(float(own)) for o, own in zip(off, found.own.ravel(), strict=True))
    assert (found.own < found.bound).all(), "float32 errs by far more"


def test_rounded_is_infinite_and_never_nan_beyond_float64() -> None:
    d = Rounded(PLAIN32)
    found = d.matmul(d.lift(row(1e300, 0.0)), d.multiply(d.lift(column(1e300, 1e300)), d.lift(1e300)))
    assert np.isposinf(found.bound).all()
