"""Bad input gets one sentence: the argument, what was given, what would do."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from reference import validate

DTYPES = "float64, float32, bfloat16 or float16 data will do"
RATIONALS = "finite fractions, decimals or decimal strings will do, or all of it as a float array"

SHAPE = "(rows, columns), neither of them 0, will do"
RATE, STEPS = "a finite number that is not negative will do", "a whole number of 1 or more will do"
NOTHING = "got no data; at least one row and one column will do"
LENGTHS = "got rows of different lengths; rows of one length will do"

# What is validated, what is given, and what is said of it.
BAD: dict[str, tuple[Callable[..., Any], tuple[Any, ...], str]] = {
    "integers": (validate.float_matrix, ("x", np.array([1, 2])), f"x: got dtype int64; {DTYPES}"),
    "booleans": (validate.float_matrix, ("x", np.array([True])), f"x: got dtype bool; {DTYPES}"),
    "complex": (validate.float_matrix, ("y", np.array([1j])), f"y: got dtype complex128; {DTYPES}"),
    "objects": (validate.float_matrix, ("y", np.array([Fraction(1)])), f"y: got dtype object; {DTYPES}"),
    "float8": (validate.float_matrix, ("x", np.ones(2, ml_dtypes.float8_e4m3fn)),
               f"x: got dtype float8_e4m3fn; {DTYPES}"),
    "empty": (validate.float_matrix, ("x", np.empty((3, 0))), f"x: got shape (3, 0); {SHAPE}"),
    "scalar": (validate.float_matrix, ("x", np.float64(1)), f"x: got shape (); {SHAPE}"),
    "three_axes": (validate.float_matrix, ("x", np.ones((1, 2, 3))), f"x: got shape (1, 2, 3); {SHAPE}"),
    "ragged": (validate.float_matrix, ("x", [[1.0], [2.0, 3.0]]), f"x: {LENGTHS}"),
    "nan": (validate.float_matrix, ("x", np.array([[0.0, 1.0], [np.nan, np.inf]])),
            "x: got nan at [1, 0]; finite numbers will do"),
    "infinity": (validate.float_matrix, ("y", np.array([1, np.inf], dtype=ml_dtypes.bfloat16)),
                 "y: got inf at [1, 0]; finite numbers will do"),
    "no_rows": (validate.rational_matrix, ("x", []), f"x: {NOTHING}"),
    "no_columns": (validate.rational_matrix, ("x", [[]]), f"x: {NOTHING}"),
    "ragged_rationals": (validate.rational_matrix, ("y", [["1"], ["1", "2"]]), f"y: {LENGTHS}"),
    "float_in_a_list": (validate.rational_matrix, ("x", [[0.5]]), f"x: got 0.5 at [0, 0]; {RATIONALS}"),
    "integer_in_a_list": (validate.rational_matrix, ("x", ["1", 2]), f"x: got 2 at [1, 0]; {RATIONALS}"),
    "no_number": (validate.rational_matrix, ("x", ["1", "one"]), f"x: got 'one' at [1, 0]; {RATIONALS}"),
    "nan_string": (validate.rational_matrix, ("x", ["nan"]), f"x: got 'nan' at [0, 0]; {RATIONALS}"),
    "zero_division": (validate.rational_matrix, ("x", ["1/0"]), f"x: got '1/0' at [0, 0]; {RATIONALS}"),
    "decimal_nan": (validate.rational_matrix, ("x", [["1", Decimal("nan")]]),
                    f"x: got Decimal('NaN') at [0, 1]; {RATIONALS}"),
    "decimal_infinity": (validate.rational_matrix, ("x", [Decimal("inf")]),
                         f"x: got Decimal('Infinity') at [0, 0]; {RATIONALS}"),
    "one_string": (validate.rational_matrix, ("x", "123"),
                   "x: got '123'; a float array or a sequence of rows will do"),
    "nothing": (validate.rational_matrix, ("x", None), "x: got None; a float array or a sequence of rows will do"),
    **{f"lr {lr!r}"[:20]: (validate.learning_rate, (lr,), f"lr: got {lr!r}; {RATE}")
       for lr in (-0.1, float("nan"), 10**309, True, "0.1", np.float32("nan"), 1j)},
    **{f"steps {steps!r}": (validate.step_count, (steps,), f"steps: got {steps!r}; {STEPS}")
       for steps in (np.float32(3), np.True_, 0, -3, 1.5, True)},
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_validate_of_bad_input_raises_one_sentence(case: str) -> None:
    call, given, message = BAD[case]
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call(*given)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, ml_dtypes.bfloat16])
def test_float_formats_are_taken_as_they_are(dtype: Any) -> None:
    array = validate.float_matrix("x", np.ones((2, 3), dtype=dtype))
    assert (array.dtype, array.shape) == (np.dtype(dtype), (2, 3))


def test_one_dimension_is_one_column() -> None:
    assert validate.float_matrix("x", np.ones(4)).shape == (4, 1)
    assert validate.rational_matrix("x", ["1", "2"]) == [[Fraction(1)], [Fraction(2)]]


def test_rationals_are_not_rounded() -> None:
    given = [["0.1", Decimal("1e-400")], (Fraction(1, 3), "1/7")]
    expected = [[Fraction(1, 10), Fraction(1, 10**400)], [Fraction(1, 3), Fraction(1, 7)]]
    assert validate.rational_matrix("x", given) == expected


@pytest.mark.parametrize(
    "lr",
    [0, 5e-324, 0.01, np.float32(0.01), np.float16(0.01), np.int64(1), Fraction(1, 4), ml_dtypes.bfloat16(0.01)],
    ids=repr,
)
def test_good_learning_rate(lr: Any) -> None:
    found = validate.learning_rate(lr)
    assert (type(found), found) == (float, lr)


@pytest.mark.parametrize("steps", [1, np.int64(3), np.uint8(3)], ids=repr)
def test_good_step_count(steps: Any) -> None:
    found = validate.step_count(steps)
    assert (type(found), found) == (int, steps)
