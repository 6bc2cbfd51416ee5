"""NIST's certified linear regressions, in the decimals in which they are printed.

Source: NIST Statistical Reference Datasets, Linear Regression, https://www.itl.nist.gov/div898/strd/lls/lls.shtml.
Nothing here goes through a float: rounded to float64 first, a regression is another one, whose exact solution
differs from the certified one in digits that NIST prints.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from functools import cache
from pathlib import Path
from typing import Any

STORE = Path(__file__).parent / "data" / "nist.json"

# Wide enough for the powers of any printed figure; were it not, Inexact would say so.
EXACT = Context(prec=400, traps=[Inexact])


@dataclass(frozen=True)
class Regression:
    """A certified regression `y = B0 + B1 x + … + Bd x^d + e`, or without B0; all numbers are decimal strings.

    Parameters
    ----------
    name
        NIST's name of the dataset.
    intercept
        whether the model has a B0.
    x
        N rows of the d powers `x, x², …, x^d`, exactly.
    y
        N observations.
    estimates
        the certified figure of each coefficient, by its name: `"B0"` the intercept, `"Bk"` that of `x^k`.
    residual_sum_of_squares
        the certified `Σ (y - ŷ)²`.
    """

    name: str
    intercept: bool
    x: tuple[tuple[str, ...], ...]
    y: tuple[str, ...]
    estimates: dict[str, str]
    residual_sum_of_squares: str


def names() -> tuple[str, ...]:
    """The names of the stored datasets."""
    return tuple(_stored())


def load(name: str) -> Regression:
    """The dataset `name`, with the powers of x that its model asks for.

    Raises
    ------
    ValueError
        if there is no such dataset.
    """
    if name not in _stored():
        raise ValueError(f"name: got {name!r}; one of {', '.join(names())} will do")
    stored = _stored()[name]
    return Regression(
        name=name,
        intercept=stored["intercept"],
        x=tuple(_powers(value, stored["degree"]) for value in stored["x"]),
        y=tuple(stored["y"]),
        estimates=dict(stored["estimates"]),
        residual_sum_of_squares=stored["residual_sum_of_squares"],
    )


def _powers(value: str, degree: int) -> tuple[str, ...]:
    base, power, powers = Decimal(value), Decimal(1), []
    for _ in range(degree):
        power = EXACT.multiply(power, base)
        powers.append(str(power))
    return tuple(powers)


@cache
def _stored() -> dict[str, Any]:
    datasets: dict[str, Any] = json.loads(STORE.read_text(encoding="utf-8"))["datasets"]
    return datasets
