"""What a benchmark returns, and how its times are taken: medians of repeats that take turns, within one run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

Result = dict[str, Any]
Call = Callable[[], object]


def at_most(name: str, value: float, limit: float, unit: str) -> Result:
    """A figure that may not exceed its limit."""
    return {"name": name, "value": value, "limit": limit, "unit": unit, "ok": value <= limit}


def at_least(name: str, value: float, limit: float, unit: str) -> Result:
    """A figure that may not fall below its limit."""
    return {"name": name, "value": value, "limit": limit, "unit": unit, "ok": value >= limit, "least": True}


def told(name: str, value: float, unit: str) -> Result:
    """A figure without a limit."""
    return {"name": name, "value": value, "limit": None, "unit": unit, "ok": True}


def in_turn(calls: dict[str, Call], repeats: int, warm: bool = True) -> dict[str, float]:
    """The median seconds of each call. They take turns, so that what disturbs the machine disturbs all of them.

    With `warm`, each is called once before, unmeasured: compilers and allocators have their say then.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for round_ in range(repeats + warm):
        for name, call in calls.items():
            took = seconds(call)
            if round_ >= warm:
                times[name].append(took)
    return {name: statistics.median(taken) for name, taken in times.items()}


def seconds(call: Call) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def limit(figure: Result) -> str:
    """`≤ 0.2`, `≥ 40`; empty where nothing is promised."""
    return "" if figure["limit"] is None else f"{'≥' if figure.get('least') else '≤'} {figure['limit']:g}"


def line(figure: Result) -> str:
    """Name, value and limit side by side."""
    verdict = "" if figure["limit"] is None else "ok" if figure["ok"] else "MISSED"
    return f"{figure['name']:66}{figure['value']:12.4g} {figure['unit']:8}{limit(figure):10}{verdict}".rstrip()
