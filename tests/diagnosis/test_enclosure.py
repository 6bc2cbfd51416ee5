"""The arithmetic in which mistakes are written: the bound of a result holds whatever the inputs' bounds allow."""

from __future__ import annotations

import numpy as np
import pytest

from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.mistakes import Prediction

A = Enclosure(np.array([[[1.0]], [[-2.0]], [[3.0]]]), np.array([[[0.5]], [[0.25]], [[0.0]]]))
B = Enclosure(np.array([[[4.0]], [[1.0]]]), np.array([[[1.0]], [[0.5]]]))


def test_enclosure_sum_and_multiple_bound_every_choice_and_little_more() -> None:
    for result, center, bound in (
        (A + B, [5.0, -1.0], [1.5, 0.75]),
        (-3 * A, [-3.0, 6.0, -9.0], [1.5, 0.75, 0.0]),
        (np.array([[[2.0]], [[0.0]], [[-1.0]]]) * A, [2.0, 0.0, -3.0], [1.0, 0.0, 0.0]),
        (B.rounded(2.0**-8, 2), [4.0, 1.0], [1 + 5 * 2.0**-7, 0.5 + 1.5 * 2.0**-7]),
    ):
        assert isinstance(result, Enclosure)
        assert result.center.ravel().tolist() == center
        assert (result.bound.ravel() >= bound).all()
        # Terms of second order in 2⁻⁸ are left out of what is wanted.
        assert result.bound.ravel() == pytest.approx(bound, rel=2 * 2.0**-8)


def test_enclosure_delayed_begins_with_zero_or_with_what_is_given() -> None:
    assert A.delayed().center.ravel().tolist() == [0.0, 1.0, -2.0]
    assert A.after(B[:1]).center.ravel().tolist() == [4.0, 1.0, -2.0]
    assert A.after(B[:1]).bound.ravel().tolist() == [1.0, 0.5, 0.25]


def test_enclosure_meets_within_both_bounds_and_never_at_nan() -> None:
    shifted = Enclosure(A.center + np.array([[[0.5]], [[0.26]], [[np.nan]]]), 0 * A.bound)
    assert A.meets(shifted).ravel().tolist() == [True, False, False]
    assert A.meets(shifted[:1]).ravel().tolist() == [True]


@pytest.mark.parametrize(
    ("given", "quantity"),
    [({}, "gradient"), ({"gradient": A, "after": A}, "gradient"), ({"after": A}, "update"),
     ({"after": A, "quantity": "record"}, "record")],
)  # fmt: skip
def test_prediction_quantity_follows_from_what_is_predicted(given: dict[str, Enclosure], quantity: str) -> None:
    assert Prediction("label", **given).quantity == quantity  # type: ignore[arg-type]
