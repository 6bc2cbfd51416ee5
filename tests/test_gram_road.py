"""A loss through XᵀX is rounded before it cancels: the claim says so, and the plain claim would not hold."""

from dataclasses import replace

import pytest

import impls
from gradagree.compare import compare
from gradagree.pairing import cast
from gradagree.verdict import Check
from impls.numpy_gram import descend
from reference.problem import Problem
from tests.judging import recorded

ENTRY = next(entry for entry in impls.IMPLEMENTATIONS if entry.name == "numpy_gram")


@pytest.fixture(scope="module")
def nearly_solved() -> Problem:
    """x around 1000, and a start so near to the minimiser that residuals are small beside their terms."""
    problem = cast("offset", "float32")
    w, b = problem.least_squares.solution()
    assert b is not None
    return replace(problem, w0=w.astype("float32"), b0=b.astype("float32"), steps=3)


def checked(problem: Problem, quantity: str, through_gram: bool) -> Check:
    claim = replace(ENTRY.arithmetic("cpu", "float32"), through_gram=through_gram)
    return compare(recorded(descend, problem), problem, claim).checks[quantity]


@pytest.mark.parametrize("quantity", ["gradient", "loss"])
def test_the_claim_holds(nearly_solved: Problem, quantity: str) -> None:
    assert checked(nearly_solved, quantity, through_gram=True).first_wrong is None


def test_the_plain_claim_does_not_hold_for_the_loss(nearly_solved: Problem) -> None:
    assert checked(nearly_solved, "loss", through_gram=False).first_wrong is not None
