"""Formats by three numbers each, against what their dtypes say of themselves."""

from __future__ import annotations

import ml_dtypes
import pytest

from reference.formats import BFLOAT16, BY_NAME, FLOAT16, FLOAT32, FLOAT64, TF32, dtype_of


@pytest.mark.parametrize("name", BY_NAME)
def test_limits_are_those_of_the_dtype(name: str) -> None:
    form, limits = BY_NAME[name], ml_dtypes.finfo(dtype_of(name))  # type: ignore[no-untyped-call]
    assert form.largest == float(limits.max)
    assert form.smallest_normal == float(limits.smallest_normal)
    assert 2 * form.unit_roundoff == float(limits.eps)
    assert form.dtype == dtype_of(name)


def test_which_format_holds_which() -> None:
    assert FLOAT64.contains(FLOAT32)
    assert FLOAT32.contains(TF32)
    assert TF32.contains(FLOAT16)
    assert TF32.contains(BFLOAT16)
    assert not TF32.contains(FLOAT32)
    assert not FLOAT16.contains(BFLOAT16)
    assert not BFLOAT16.contains(FLOAT16)


def test_unknown_dtype() -> None:
    with pytest.raises(ValueError, match=r"^dtype: got 'int8'; one of float64, float32, bfloat16, float16 will do$"):
        dtype_of("int8")
