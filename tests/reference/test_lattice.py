"""The bit-exact tier: where its condition holds the tolerance is nothing but the last rounding, elsewhere infinite."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradagree.checking.run import Run
from gradagree.checking.verdict import Verdict
from gradagree.diagnosis.compare import compare
from gradagree.matrix import registry
from impls.numpy_analytic import descend as correct
from impls.numpy_gram import descend as through_gram
from reference import synthetic
from reference.arithmetic import Arithmetic, Blocks
from reference.dyadic import FloatArray
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, TF32
from reference.lattice import lattice_bound
from reference.problem import Problem, regression
from reference.problems import NAMES, cast, tags
from reference.truth import Truth
from tests.support.judging import dyadic, plain, recorded

pytestmark = pytest.mark.sweep

LATTICES = tuple(name for name in NAMES if "lattice" in tags(name))
HALF = Arithmetic(FLOAT16, FLOAT32)


def bound_at_start(problem: Problem, claim: Arithmetic) -> FloatArray:
    truth = Truth(problem, claim, problem.V0[None])
    return lattice_bound(claim, problem.least_squares, problem.largest, truth.V, truth.sizes, truth.gradient)


@pytest.mark.parametrize("name", LATTICES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_first_gradient_is_exact(name: str, dtype: str) -> None:
    assert (bound_at_start(cast(name, dtype), plain(dtype)) == 0).all()


# Where sums may round, so that no bits are prescribed: implementations, devices, dtype, lattices (`""` for all).
WIDE, LONG = ("lattice_wide_entries",), ("lattice_4096", "lattice_4096_targets")
EXEMPT = (
    # Residuals of those entries have more bits than the dtype.
    ("", "", "bfloat16", WIDE),
    ("", "", "float16", WIDE),
    # The entries have more bits than the multipliers.
    ("torch_amp torch_amp_float16 torch_tf32 jax_tf32", "", "float32", WIDE),
    # What is stored between the sums is wider than 8 bits there …
    ("torch_vmap torch_forward torch_microbatch jax_vmap jax_sharded", "", "bfloat16", LONG),
    # … and so is what JAX sums in bfloat16.
    ("jax_grad jax_jit jax_scan jax_checkpoint jax_optax", "cpu", "bfloat16", LONG),
    # The same of sums of squares, XᵀX.
    ("numpy_gram", "", "float32", WIDE),
    ("numpy_gram", "", "float16", LONG),
    ("numpy_gram", "", "bfloat16", LATTICES),
)


def exempt(implementation: str, device: str, dtype: str) -> set[str]:
    """The lattices on which an implementation need not return the very bits."""
    at = (implementation, device, dtype)
    rows = (
        lattices
        for *where, lattices in EXEMPT
        if all(not names or name in str(names).split() for name, names in zip(at, where, strict=True))
    )
    return {name for lattices in rows for name in lattices}


def loose(entry: registry.Implementation, device: str, dtype: str) -> set[str]:
    """The lattices on which the claim leaves room for another gradient than the exact one."""
    claim = entry.arithmetic(device, dtype)
    return {name for name in LATTICES if not (bound_at_start(cast(name, dtype), claim) == 0).all()}


@pytest.mark.parametrize("entry", registry.first_order(), ids=lambda entry: entry.name)
def test_every_claim_is_held_to_the_bits_but_for_those_that_are_listed(entry: registry.Implementation) -> None:
    where = [(device, dtype) for device in entry.devices for dtype in entry.dtypes]
    assert {at: loose(entry, *at) for at in where} == {at: exempt(entry.name, *at) for at in where}


def test_the_list_of_exempt_names_roads_that_exist() -> None:
    names = {entry.name for entry in registry.first_order()}
    assert {name for implementations, *_ in EXEMPT for name in implementations.split()} <= names


@pytest.mark.parametrize("name", LATTICES)
def test_a_nudge_of_one_unit_in_the_last_place_disagrees(name: str) -> None:
    def nudged(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
        run = correct(x, y, w, b, lr, steps)
        for _ in range(steps):
            w, b, grad_w, grad_b, _ = next(run)
            yield w, b, np.nextafter(grad_w, np.float32(np.inf), dtype=np.float32), grad_b

    problem = cast(name, "float32")
    run = recorded(nudged, problem)
    judgement = compare(Run(run, problem, dyadic("float32")))
    assert judgement.checks["gradient"].first_violation is not None
    assert judgement.checks["gradient"].first_violation.step == 0

    unclaimed = compare(Run(run, problem, plain("float32")))
    assert unclaimed.checks["gradient"].first_violation is None
    assert any("step 0: the gradient is not bit for bit" in note for note in unclaimed.notes)


Gradient = Callable[[Any, Any, Any, Any], tuple[Any, Any]]


def first_gradient(gradient: Gradient) -> Callable[..., Any]:
    """A loop that reports a gradient at the start, and goes nowhere."""

    def descend(x: Any, y: Any, w: Any, b: Any, _lr: float, steps: int) -> Any:
        for _ in range(steps):
            of_w, of_b = gradient(x, x @ w + b - y, y, b)
            yield w, b, of_w.astype(x.dtype), of_b.astype(x.dtype)
        return w, b

    return descend


def elementwise(x: Any, r: Any, y: Any, _b: Any) -> tuple[Any, Any]:
    """`(w * x + b - y) ** 2` of one feature, as autograd takes it apart: each product is stored."""
    number = x.dtype.type
    per_row = number(1 / len(y)) * (number(2) * r)
    return (per_row * x).astype(np.float32).sum(0)[None], per_row.astype(np.float32).sum(0)


def loss_scale(x: Any, r: Any, y: Any, _b: Any) -> tuple[Any, Any]:
    """The loss times 1000, the gradient divided by it."""
    number = x.dtype.type
    per_row = (number(1000) * (number(2 / y.size) * r)).astype(np.float32)
    sums = (x.astype(np.float32).T @ per_row).astype(x.dtype), per_row.sum(0).astype(x.dtype)
    return sums[0] / number(1000), sums[1] / number(1000)


def weighted_rows(x: Any, r: Any, y: Any, _b: Any) -> tuple[Any, Any]:
    """Every row weighted by sqrt(1/(N m)), as in a solver of weighted least squares."""
    root, two = x.dtype.type(np.sqrt(1 / y.size)), x.dtype.type(2)
    return two * ((root * x).T @ (root * r)), two * (root * (root * r)).sum(0)


def norm_squared(x: Any, r: Any, y: Any, _b: Any) -> tuple[Any, Any]:
    """The loss as ‖r‖²/(N m), differentiated through the root: `2 ‖r‖/(N m)` times `r/‖r‖`."""
    norm = np.sqrt((r * r).sum())
    scaled = (2 * norm / x.dtype.type(y.size)) * (r / norm)
    return x.T @ scaled, scaled.sum(0)


def micro_batches(x: Any, r: Any, y: Any, _b: Any) -> tuple[Any, Any]:
    """Means of unequal parts, each weighted with its share of the rows, added up in storage."""
    number = x.dtype.type
    of_w, of_b = number(0), number(0)
    for rows in (slice(0, 33), slice(33, None)):
        part = number(2 / r[rows].size) * r[rows]
        share = number(len(part) / len(y))
        of_w, of_b = of_w + share * (x[rows].T @ part), of_b + share * part.sum(0)
    return of_w, of_b


# N m = 128 has no root among the powers of two.
RIGHT = {
    "elementwise": (elementwise, "bfloat16", synthetic.lattice(64)),
    "loss_scale": (loss_scale, "bfloat16", synthetic.lattice(64)),
    "weighted_rows": (weighted_rows, "float64", synthetic.lattice(128, d=3)),
    "norm_squared": (norm_squared, "float64", synthetic.lattice(32, d=3, m=4)),
    "micro_batches": (micro_batches, "float32", synthetic.lattice(128)),
}


@pytest.mark.parametrize("form", RIGHT)
def test_right_code_with_other_constants_is_not_held_to_the_bits(form: str) -> None:
    """Each was accused, of ±0 on a lattice, while its error is a small part of the general bound."""
    gradient, dtype, given = RIGHT[form]
    problem = given.cast(dtype)
    seen = recorded(first_gradient(gradient), problem)
    assert compare(Run(seen, problem, plain(dtype))).checks["gradient"].first_violation is None


@pytest.mark.parametrize("form", [form for form in RIGHT if form != "elementwise"])
def test_bits_that_other_constants_do_not_return_are_a_note(form: str) -> None:
    gradient, dtype, given = RIGHT[form]
    problem = given.cast(dtype)
    seen = recorded(first_gradient(gradient), problem)
    assert compare(Run(seen, problem, dyadic(dtype))).checks["gradient"].first_violation is not None
    assert any("not bit for bit" in note for note in compare(Run(seen, problem, plain(dtype))).notes)


def line(x: Any, y: Any, w: float = 1.0) -> Problem:
    return regression("drawn", np.reshape(x, (-1, 1)), np.reshape(y, (-1, 1)), np.full((1, 1), w), np.zeros(1), 0.5, 1)


ONES, MANY = np.ones(64), np.ones(4096)
WIDE_ENTRIES, SIXTY_FOUR, LONGER = (cast(f"lattice_{name}", "float32") for name in ("wide_entries", "64", "4096"))
FACTOR = line(np.full(4, 2.0**TF32.precision + 1), np.ones(4), 0.0).cast("float32")
LARGE = np.array([512.0, -512.0, 512.0, -512.0])
SMALL = [16.0, 16.0, 0.0, 0.0]
SQUARED = np.array([999.0] * 15 + [998.0])
SQUARES = line(SQUARED, 3 * SQUARED - 1, 3.0).cast("float32")
SINGLE, BRAIN = plain("float32"), Arithmetic(BFLOAT16, FLOAT32)

# Problem, claim, and whether every bit of the gradient by w and by b is prescribed. Where a sum may round, none is.
CONDITIONS = {
    "the mean's scale is a power of two": (SIXTY_FOUR, SINGLE, True, True),
    "and is not, of 63 rows": (SIXTY_FOUR.replace(x=SIXTY_FOUR.x[:63], y=SIXTY_FOUR.y[:63]), SINGLE, False, False),
    "entries of 14 bits fit float32's multipliers": (WIDE_ENTRIES, SINGLE, True, True),
    "and not those of TF32": (WIDE_ENTRIES, Arithmetic(FLOAT32, FLOAT32, TF32), False, False),
    # A start at zero: no residual has more than one bit, but x does, which they are multiplied by.
    "x alone fits float32's multipliers": (FACTOR, SINGLE, True, True),
    "and not those of TF32, x alone": (FACTOR, Arithmetic(FLOAT32, FLOAT32, TF32), False, False),
    # Residuals of 1 in every row: 8 bits hold 64 of them and not 4096.
    "a sum of 64 fits the accumulator": (
        line(ONES, ONES - 1).cast("bfloat16"), Arithmetic(BFLOAT16, BFLOAT16), True, True),
    "and of 4096 does not": (line(MANY, MANY - 1).cast("bfloat16"), Arithmetic(BFLOAT16, BFLOAT16), False, False),
    "and fits one of float32": (line(MANY, MANY - 1).cast("bfloat16"), BRAIN, True, True),
    "partial sums are stored": (
        line(MANY, MANY - 1).cast("bfloat16"), dataclasses.replace(BRAIN, extra_roundings=1), False, False),
    "b's partial sums are stored": (
        line(MANY, MANY - 1).cast("bfloat16"), dataclasses.replace(BRAIN, partial_sums_from=4096), True, False),
    "and are not, of one row fewer than that": (
        line(MANY, MANY - 1).cast("bfloat16"), dataclasses.replace(BRAIN, partial_sums_from=4097), True, True),
    # 2/N times a residual of 2⁻¹⁴, which code that flushes makes zero, though no product with x is as small.
    "scaled residuals are normal": (line(SMALL, np.full(4, 2.0**-13), 2.0**-8).cast("float16"), HALF, True, True),
    "and may be subnormal": (line(SMALL, np.full(4, 2.0**-14), 2.0**-8).cast("float16"), HALF, False, False),
    "products are subnormal and residuals are not": (
        line(np.full(4, 2.0**-10), np.zeros(4)).cast("float16"), HALF, False, True),
    # The gradient is (0, 256), but the terms of its first sum are ±2¹⁶: beyond float16, unless they alternate.
    "partial sums stay in range": (line(LARGE, LARGE - 128).cast("float32"), SINGLE, True, True),
    "and may overflow": (line(LARGE, LARGE - 128).cast("float16"), plain("float16"), False, False),
    # Factors of 5 bits each: float32 sums their products exactly, bfloat16 holds none of them.
    "products do not fit where they may be stored": (
        line(np.full(4, 19.0), np.zeros(4)).cast("bfloat16"), plain("bfloat16"), False, True),
    "a matrix unit keeps as many bits as a sum": (
        LONGER, dataclasses.replace(SINGLE, blocks=Blocks(8, 24)), True, True),
    "and fewer": (LONGER, dataclasses.replace(SINGLE, blocks=Blocks(8, 6)), False, False),
    "products are taken apart": (SIXTY_FOUR, dataclasses.replace(SINGLE, pieces=3), False, False),
    # XᵀX V has 26 bits, and is rounded before XᵀY is taken from it; residuals of 1 do not show that.
    "sums of squares are not formed": (SQUARES, SINGLE, True, True),
    "and do not fit where they are stored": (SQUARES, dataclasses.replace(SINGLE, through_gram=True), False, True),
}  # fmt: skip


@pytest.mark.parametrize("condition", CONDITIONS)
def test_lattice_bound_is_zero_where_nothing_can_round_and_infinite_elsewhere(condition: str) -> None:
    problem, claim, *prescribed = CONDITIONS[condition]
    of_w, of_b = bound_at_start(problem, claim)[0, :-1], bound_at_start(problem, claim)[0, -1]
    for bound, holds in zip((of_w, of_b), prescribed, strict=True):
        assert (bound == (0 if holds else np.inf)).all()


def test_lattice_wide_entries_have_more_bits_than_tf32() -> None:
    digits = WIDE_ENTRIES.x.astype(np.int64)
    assert (digits // np.maximum(digits & -digits, 1)).max() > 2**TF32.precision


def test_through_gram_rounds_where_no_bits_are_prescribed() -> None:
    seen = recorded(through_gram, SQUARES)
    assert seen.grad_w is not None
    assert seen.grad_w[0] != Truth(SQUARES, SINGLE, SQUARES.V0[None]).gradient[0, :1]


def test_the_lattice_s_own_run_agrees() -> None:
    problem = cast("lattice_64", "float32")
    judgement = compare(Run(recorded(correct, problem), problem, dyadic("float32")))
    assert judgement.verdict is Verdict.AGREES
    assert judgement.checks["gradient"].worst_deviation.bound == 0
    assert not compare(Run(recorded(correct, problem), problem, plain("float32"))).notes
