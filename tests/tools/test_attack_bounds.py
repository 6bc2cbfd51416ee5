"""No covered form of a correct evaluation leaves its bound; those with a claim of their own leave the plain one."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from reference.truth import Truth
from tools.attack import gradients, losses, residuals, updates
from tools.attack.claims import PLAIN
from tools.attack.data import Array, Data
from tools.attack.document import DOCUMENT, document, figures
from tools.attack.forms import FORMS, Form
from tools.attack.judged import Judged
from tools.attack.machine import DTYPES, Machine
from tools.attack.samples import Draw, draw_sample
from tools.attack.search import ARITHMETICS, SHAPES, Found, Worst, beyond, climb, merged
from tools.attack.sweep import sweep

pytestmark = pytest.mark.sweep

CLAIMED = [form for form in FORMS if form.claim is not PLAIN]
each_arithmetic = pytest.mark.parametrize("arithmetic", ARITHMETICS, ids="-".join)


def of(form: Form) -> str:
    return f"{form.quantity}: {form.name}"


@each_arithmetic
@pytest.mark.parametrize("rows", [1, 2, 3, 17])
def test_climbing_finds_no_form_beyond_its_bound(arithmetic: tuple[str, str], rows: int) -> None:
    shape = SHAPES[(rows + ARITHMETICS.index(arithmetic)) % len(SHAPES)]
    assert beyond(climb(arithmetic, rows, shape, generations=4, population=12, seed=rows)) == {}


@each_arithmetic
@pytest.mark.parametrize(("rows", "samples"), [(100, 20), (4096, 5), (65536, 1)])
def test_sweeping_finds_no_form_beyond_its_bound(arithmetic: tuple[str, str], rows: int, samples: int) -> None:
    assert beyond(sweep(arithmetic, rows, (1, 1), samples, seed=rows)) == {}


def test_a_million_rows_are_within_their_bound() -> None:
    """In float32; `make attack` takes two samples of as many rows in every arithmetic."""
    assert beyond(sweep(("float32", "float32"), 2**20, (1, 1), 1, seed=20)) == {}


@pytest.mark.parametrize("form", CLAIMED, ids=of)
def test_a_form_with_a_claim_leaves_the_plain_bound(form: Form) -> None:
    """So the list of what plain does not cover is true."""
    tried = ((rows, arithmetic) for rows in (17, 100, 4096, 65536) for arithmetic in ARITHMETICS[1:5])
    for rows, arithmetic in tried:
        shape, samples = ((2, 1), 20) if rows <= 100 else ((1, 1), 10)
        found = sweep(arithmetic, rows, shape, samples, seed=3, forms=[form])
        assert beyond(found) == {}
        if any(worst.plain > 1 for worst in found.values()):
            return
    pytest.fail(f"{of(form)}: inside the plain bound wherever it was tried; its claim says more than was seen")


def test_the_general_bound_is_the_one_that_code_from_outside_is_judged_by() -> None:
    draw = Draw(1)
    samples = [draw_sample(draw, DTYPES["float32"], 3, 2, 1, 2) for _ in range(4)]
    judged = Judged(samples, "float32", "float32")
    for sample, bounds in zip(samples, judged.bounds, strict=True):
        truth = Truth(bounds.problem, judged.plain, sample.V.astype(np.float64))
        assert (truth.gradient_bound == bounds.gradient(judged.plain)).all()
        assert (truth.loss_bound == bounds.loss(judged.plain)).all()


# Planted faults: what is not correct leaves its bound.


def over_one_row_less(u: Machine, a: Data) -> Array:
    return gradients.sums(u, a.X, u.constant(Fraction(2, a.count + 1)) * residuals.plain(u, a))


def slightly_too_large(u: Machine, a: Data) -> Array:
    return np.asarray(u.constant(1 + 2.0**-4) * gradients.scale_first(u, a))


def half_the_loss(u: Machine, a: Data) -> Array:
    return np.asarray(u.constant(0.5) * losses.divided(u, a))


def rate_twice(u: Machine, a: Data) -> updates.Updated:
    g = gradients.scale_first(u, a)
    return g, a.V - u.constant(2) * updates.rate(u, a) * g


def one_part_stored_in_eight_bits(u: Machine, a: Data) -> Array:
    return gradients.scale_first(u, a).astype(DTYPES["bfloat16"]).astype(u.stored)


WRONG = (
    Form("gradient", "over another count", over_one_row_less),
    Form("gradient", "a sixteenth too large", slightly_too_large),
    Form("loss", "half", half_the_loss),
    Form("update", "the rate twice", rate_twice),
)


@each_arithmetic
@pytest.mark.parametrize("form", WRONG, ids=of)
def test_a_wrong_evaluation_leaves_its_bound(arithmetic: tuple[str, str], form: Form) -> None:
    found = climb(arithmetic, 3, (2, 1), generations=3, population=12, seed=4, forms=[form])
    assert list(beyond(found)) == [(form.quantity, form.name, *arithmetic)]


def test_sums_narrower_than_claimed_leave_their_bound() -> None:
    form = Form("gradient", "stored in bfloat16", one_part_stored_in_eight_bits)
    assert beyond(climb(("float32", "float32"), 3, (2, 1), generations=3, population=12, seed=4, forms=[form]))


def test_a_form_that_was_never_judged_is_named() -> None:
    key = ("gradient", "one", "float32", "float32")
    assert list(beyond({key: Worst()})) == [key]
    assert list(beyond({key: Worst(own=float("nan"))})) == [key]
    assert beyond({key: Worst(own=1.0)}) == {}


# The page.


@pytest.fixture(scope="module")
def page() -> dict[tuple[str, str], tuple[str, list[float]]]:
    return figures(DOCUMENT.read_text(encoding="utf-8"))


def test_the_page_has_every_form_with_its_claim(page: dict[tuple[str, str], tuple[str, list[float]]]) -> None:
    assert {key: claim for key, (claim, _) in page.items()} == {
        (form.quantity, form.name): form.claim.name for form in FORMS
    }


def test_the_page_has_nothing_above_its_bound(page: dict[tuple[str, str], tuple[str, list[float]]]) -> None:
    assert {key: numbers for key, (_, numbers) in page.items() if not max(numbers) <= 1} == {}


def test_the_page_lists_every_form_that_plain_does_not_cover() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = [line for line in text.split("## What the plain claim does not cover")[1].splitlines() if "`" in line]
    listed = [line for line in rows if line.startswith("| ") and "form" not in line.split("|")[1]]
    assert len(listed) == len(CLAIMED)
    for form, line in zip(CLAIMED, listed, strict=True):
        quantity, name, ratio, *_ = (c.strip() for c in line.replace("\\|", "\0").strip("|").split("|"))
        assert (quantity, name.replace("\0", "|")) == (form.quantity, form.name)
        assert float(ratio) > 1


def test_the_page_is_what_is_written() -> None:
    found: Found = merged(
        [
            {(f.quantity, f.name, *a): Worst(0.5, 2.0, 3, 3) for f in FORMS for a in ARITHMETICS},
            {(f.quantity, f.name, *ARITHMETICS[0]): Worst(0.25, 3.0, 3, 17) for f in FORMS[:1]},
        ]
    )
    written = figures("\n".join(document(found)))
    assert set(written) == {(form.quantity, form.name) for form in FORMS}
    assert all(numbers == [0.5] * len(ARITHMETICS) for _, numbers in written.values())


def test_names_of_forms_are_distinct() -> None:
    names = [(form.quantity, form.name) for form in FORMS]
    assert len(set(names)) == len(names)
