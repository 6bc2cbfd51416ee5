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

BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "integers": (lambda: validate.float_matrix("x", np.array([1, 2])), f"x: got dtype int64; {DTYPES}"),
    "booleans": (lambda: validate.float_matrix("x", np.array([True])), f"x: got dtype bool; {DTYPES}"),
    "complex": (lambda: validate.float_matrix("y", np.array([1j])), f"y: got dtype complex128; {DTYPES}"),
    "objects": (lambda: validate.float_matrix("y", np.array([Fraction(1)])), f"y: got dtype object; {DTYPES}"),
    "float8": (
        lambda: validate.float_matrix("x", np.ones(2, dtype=ml_dtypes.float8_e4m3fn)),
        f"x: got dtype float8_e4m3fn; {DTYPES}",
    ),
    "empty": (
        lambda: validate.float_matrix("x", np.empty((3, 0))),
        "x: got shape (3, 0); (rows, columns), neither of them 0, will do",
    ),
    "scalar": (
        lambda: validate.float_matrix("x", np.float64(1)),
        "x: got shape (); (rows, columns), neither of them 0, will do",
    ),
    "three_axes": (
        lambda: validate.float_matrix("x", np.ones((1, 2, 3))),
        "x: got shape (1, 2, 3); (rows, columns), neither of them 0, will do",
    ),
    "ragged": (
        lambda: validate.float_matrix("x", [[1.0], [2.0, 3.0]]),
        "x: got rows of different lengths; rows of one length will do",
    ),
    "nan": (
        lambda: validate.float_matrix("x", np.array([[0.0, 1.0], [np.nan, np.inf]])),
        "x: got nan at [1, 0]; finite numbers will do",
    ),
    "bfloat16_infinity": (
        lambda: validate.float_matrix("y", np.array([1, np.inf], dtype=ml_dtypes.bfloat16)),
        "y: got inf at [1, 0]; finite numbers will do",
    ),
    "no_rows": (lambda: validate.rational_matrix("x", []), "x: got no data; at least one row and one column will do"),
    "no_columns": (
        lambda: validate.rational_matrix("x", [[]]),
        "x: got no data; at least one row and one column will do",
    ),
    "ragged_rationals": (
        lambda: validate.rational_matrix("y", [["1"], ["1", "2"]]),
        "y: got rows of different lengths; rows of one length will do",
    ),
    "float_in_a_list": (lambda: validate.rational_matrix("x", [[0.5]]), f"x: got 0.5 at [0, 0]; {RATIONALS}"),
    "integer_in_a_list": (lambda: validate.rational_matrix("x", ["1", 2]), f"x: got 2 at [1, 0]; {RATIONALS}"),
    "no_number": (lambda: validate.rational_matrix("x", ["1", "one"]), f"x: got 'one' at [1, 0]; {RATIONALS}"),
    "nan_string": (lambda: validate.rational_matrix("x", ["nan"]), f"x: got 'nan' at [0, 0]; {RATIONALS}"),
    "zero_division": (lambda: validate.rational_matrix("x", ["1/0"]), f"x: got '1/0' at [0, 0]; {RATIONALS}"),
    "decimal_nan": (
        lambda: validate.rational_matrix("x", [["1", Decimal("nan")]]),
        f"x: got Decimal('NaN') at [0, 1]; {RATIONALS}",
    ),
    "decimal_infinity": (
        lambda: validate.rational_matrix("x", [Decimal("inf")]),
        f"x: got Decimal('Infinity') at [0, 0]; {RATIONALS}",
    ),
    "one_string": (
        lambda: validate.rational_matrix("x", "123"),
        "x: got '123'; a float array or a sequence of rows will do",
    ),
    "nothing": (
        lambda: validate.rational_matrix("x", None),
        "x: got None; a float array or a sequence of rows will do",
    ),
    "negative_lr": (lambda: validate.learning_rate(-0.1), "lr: got -0.1; a finite number that is not negative will do"),
    "nan_lr": (
        lambda: validate.learning_rate(float("nan")),
        "lr: got nan; a finite number that is not negative will do",
    ),
    "infinite_lr": (
        lambda: validate.learning_rate(float("inf")),
        "lr: got inf; a finite number that is not negative will do",
    ),
    "lr_beyond_floats": (
        lambda: validate.learning_rate(10**309),
        f"lr: got {10**309}; a finite number that is not negative will do",
    ),
    "boolean_lr": (lambda: validate.learning_rate(True), "lr: got True; a finite number that is not negative will do"),
    "string_lr": (
        lambda: validate.learning_rate("0.1"),
        "lr: got '0.1'; a finite number that is not negative will do",
    ),
    "numpy_nan_lr": (
        lambda: validate.learning_rate(np.float32("nan")),
        "lr: got np.float32(nan); a finite number that is not negative will do",
    ),
    "complex_lr": (lambda: validate.learning_rate(1j), "lr: got 1j; a finite number that is not negative will do"),
    "numpy_half_a_step": (
        lambda: validate.step_count(np.float32(3)),
        "steps: got np.float32(3.0); a whole number of 1 or more will do",
    ),
    "numpy_boolean_steps": (
        lambda: validate.step_count(np.True_),
        "steps: got np.True_; a whole number of 1 or more will do",
    ),
    "no_steps": (lambda: validate.step_count(0), "steps: got 0; a whole number of 1 or more will do"),
    "negative_steps": (lambda: validate.step_count(-3), "steps: got -3; a whole number of 1 or more will do"),
    "half_a_step": (
        lambda: validate.step_count(1.5),
        "steps: got 1.5; a whole number of 1 or more will do",
    ),
    "boolean_steps": (lambda: validate.step_count(True), "steps: got True; a whole number of 1 or more will do"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case: str) -> None:
    call, message = BAD[case]
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()


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
    [
        0,
        0.0,
        5e-324,
        1,
        0.01,
        np.float32(0.01),
        np.float16(0.01),
        np.int64(1),
        Fraction(1, 4),
        ml_dtypes.bfloat16(0.01),
    ],
    ids=repr,
)
def test_good_learning_rate(lr: Any) -> None:
    found = validate.learning_rate(lr)
    assert (type(found), found) == (float, lr)


@pytest.mark.parametrize("steps", [1, np.int64(3), np.uint8(3)], ids=repr)
def test_good_step_count(steps: Any) -> None:
    found = validate.step_count(steps)
    assert (type(found), found) == (int, steps)
