"""Which hypothesis an answer equals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

SHOWN = 3  # numbers of an answer that nothing explains


def matching_hypothesis(got: Any, hypotheses: Mapping[str, Any], numbers: Any = None) -> str:
    """The hypothesis that gives just these numbers; else `none of these`, with the numbers.

    Parameters
    ----------
    got
        the answer, or what was seen in it.
    hypotheses
        what each gives.
    numbers
        what to show of an answer that nothing explains, if not `got`.

    Raises
    ------
    ValueError
        if two hypotheses give the same, and so cannot be told apart.
    """
    expected = {name: np.asarray(values) for name, values in hypotheses.items()}
    names = list(expected)
    for place, name in enumerate(names):
        for other in names[:place]:
            if np.array_equal(expected[name], expected[other]):
                raise ValueError(f"hypotheses: {other!r} and {name!r} give the same numbers; others will do")
    for name, values in expected.items():
        if np.array_equal(got, values):
            return name
    shown = np.unique(got if numbers is None else numbers)
    more = ", …" if shown.size > SHOWN else ""
    return f"none of these: got {', '.join(f'{value:.17g}' for value in shown[:SHOWN])}{more}"
