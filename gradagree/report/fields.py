"""What a row's fields may hold, so that a file from elsewhere is refused by line and not by an accident later on.

The types are those of `Row`; a field that is added there is held to its type here without another word.
"""

from __future__ import annotations

import dataclasses
import math
import reprlib
import typing
from collections.abc import Callable, Mapping
from typing import Any

from gradagree.checking.verdict import Verdict
from gradagree.matrix.row import Row

FIELDS = {field.name for field in dataclasses.fields(Row)}
REQUIRED = [field.name for field in dataclasses.fields(Row) if field.default is dataclasses.MISSING]
VERDICTS = sorted(verdict.value for verdict in Verdict)
NOT_FINITE = ("inf", "-inf", "nan")  # as `Row.as_json` writes them
LARGEST = 2**53  # up to here every JSON reader has the same whole numbers
CURVE, OPTIONAL = ("steps", "w", "b"), ("loss", "gradient", "update")  # lists that go along the steps
POINTS = 200  # of a curve; the schema's limit
CONSTANTS = {"hessian": 3, "minimiser": 2}  # numbers in each


def complaint(values: Mapping[str, Any]) -> str:
    """The first thing that is wrong with a row's fields, and what would do; empty where nothing is.

    Parameters
    ----------
    values
        of one line of JSON. Fields that `Row` does not have came later, and an older reader can do without them.
    """
    for name, value in values.items():
        if name not in FIELDS:
            continue
        accepted, wanted = SPECIAL.get(name) or BY_TYPE[HINTS[name]]
        if not accepted(value):
            return f"{name} is {reprlib.repr(value)}; {wanted} will do"
    return _of_curves(values["curves"]) if values.get("curves") else ""


def whole(value: Any, least: int) -> bool:
    """Whether `value` is a whole number, `least` or more, that every reader of JSON has."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= LARGEST


def number(value: Any) -> bool:
    """Whether `value` is a finite number of float64's range."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond that range
        return False


def _figure(value: Any) -> bool:
    return value is None or number(value) or (isinstance(value, str) and value in NOT_FINITE)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _points(value: Any) -> bool:
    return isinstance(value, list) and all(point is None or number(point) for point in value)


def _of_curves(curves: Mapping[str, Any]) -> str:
    missing = [name for name in (*CURVE, "lr", *CONSTANTS, "minimum") if name not in curves]
    if missing:
        return f"curves has no {', '.join(missing)}; all of them, or null for curves, will do"
    steps = curves["steps"]
    if not isinstance(steps, list) or not 1 <= len(steps) <= POINTS or not all(whole(step, 0) for step in steps):
        return f"curves.steps is {reprlib.repr(steps)}; a list of 1 to {POINTS} whole numbers will do"
    for name in (*CURVE[1:], *OPTIONAL):
        points = curves.get(name, [])
        # The loss may end earlier; of the path every point is there, if only as null.
        if not _points(points) or len(points) > len(steps) or (name in CURVE and len(points) < len(steps)):
            return f"curves.{name} is {reprlib.repr(points)}; a list of {len(steps)} numbers and nulls will do"
    for name, count in CONSTANTS.items():
        constants = curves[name]
        if not isinstance(constants, list) or len(constants) != count or not all(map(number, constants)):
            return f"curves.{name} is {reprlib.repr(constants)}; a list of {count} numbers will do"
    for name in ("lr", "minimum"):
        if not number(curves[name]):
            return f"curves.{name} is {reprlib.repr(curves[name])}; a number will do"
    return ""


HINTS = typing.get_type_hints(Row)
Rule = tuple[Callable[[Any], bool], str]
BY_TYPE: dict[Any, Rule] = {
    str: (lambda value: isinstance(value, str), "a text"),
    int: (lambda value: whole(value, 0), f"a whole number from 0 to {LARGEST}"),
    int | None: (lambda value: value is None or whole(value, 0), f"a whole number from 0 to {LARGEST}, or null,"),
    float | None: (_figure, f"a number or null, or one of {', '.join(NOT_FINITE)},"),
    bool | None: (lambda value: value is None or isinstance(value, bool), "true, false or null"),
    tuple[str, ...]: (_texts, "a list of texts"),
    dict[str, Any] | None: (lambda value: value is None or (isinstance(value, dict) and bool(value)),
                            "an object with the run's curves, or null,"),
}  # fmt: skip
_VERDICT: Rule = (lambda value: isinstance(value, str) and value in VERDICTS, f"one of {', '.join(VERDICTS)}")
SPECIAL: dict[str, Rule] = {
    "implementation": (lambda value: isinstance(value, str) and value != "", "a name"),
    "verdict": _VERDICT,
    "expected": _VERDICT,
}
