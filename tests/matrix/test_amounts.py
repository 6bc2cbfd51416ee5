"""Numbers that an option takes: what is none, or cannot be meant, is refused with a sentence."""

import argparse

import pytest

from gradagree.matrix import argument_types


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "-inf", "1e999", "soon", ""])
def test_no_number_of_seconds(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=f"^got {text!r}; a number of seconds above 0 will do$"):
        argument_types.seconds(text)


@pytest.mark.parametrize(("text", "value"), [("0.5", 0.5), ("120", 120.0), ("1e-3", 0.001)])
def test_a_number_of_seconds(text: str, value: float) -> None:
    assert argument_types.seconds(text) == value
