"""What is said of a selection that leaves nothing: why, and what would do."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from gradagree.matrix import cells, rules, second_order
from gradagree.matrix.options import DEPTHS, nearest
from gradagree.matrix.registry import Implementation
from gradagree.matrix.selection import Selection

# Which option to think better of, in the order of the reasons below.
OPTIONS = ("device", "depth", "dtype", "problem", "impl")
SHOWN = 5  # names of those that would do


def sentence(selection: Selection) -> str:
    """Of options that leave no cell: why, and what would do instead of one of them."""
    return f"the options {selection.asked} leave no cell: {_reason(selection)}; {_remedy(selection)} will do"


def unmatched(keyword: str, selection: Selection) -> str:
    """Of a run that has tests of cells, and `-k` left none of anything: what cells are called, and what matches one."""
    example = selection.first()
    assert example is not None  # else the options had been refused
    framework = example.implementation.framework
    loops = (*selection.chosen_loops, *selection.chosen_seconds)
    parts = {part for entry in loops for part in (entry.framework, entry.name)}
    parts |= {*selection.devices, *selection.dtypes, *selection.problems}
    words = set(re.findall(r"\w+", keyword.lower())) - {"and", "or", "not"}
    strange = [word for word in sorted(words) if not any(word in part for part in parts)]
    near = "".join(nearest(word, sorted(parts)) for word in strange)
    return (
        f"-k {keyword!r} matches no test here{near}; cells are called as {example}, "
        f"so that -k {framework} or -k '{framework} and {example.dtype}' will do"
    )


def elsewhere(selection: Selection) -> str:
    """Of a run that has tests of cells, and no cells for them."""
    return (
        f"the options {selection.asked} leave no cell in what was collected; "
        f"a run without paths, or with those of cells such as {selection.first()}, will do"
    )


def _reason(selection: Selection) -> str:
    entries = [*selection.chosen_loops, *selection.chosen_seconds]
    here = [entry for entry in entries if set(entry.devices) & set(selection.devices)]
    if selection.asked.devices and not here:
        return f"{_run(entries)} on {_or(_distinct(entry.devices for entry in entries))} alone"
    entries = here or entries
    fitting = [entry for entry in entries if set(entry.dtypes) & set(selection.dtypes)]
    if not fitting:
        return f"{_run(entries)} in {_or(_distinct(entry.dtypes for entry in entries))} alone"
    if _instead(selection, "depth", DEPTHS[-1]).first() is not None:
        return f"--depth {selection.asked.depth} has none of {_or(entry.name for entry in fitting)}"
    return next(_exclusions(selection))


def _exclusions(selection: Selection) -> Iterator[str]:
    """Why each pairing that the options allow makes no sense, of those that are meant for device and dtype."""
    for entries, excluded in (
        (selection.chosen_loops, rules.excluded),
        (selection.chosen_seconds, second_order.excluded),
    ):
        for entry, device, dtype in cells.fitting(entries, selection.devices, selection.dtypes):
            for problem in selection.problems:
                why = excluded(entry, device, dtype, problem)
                if why is not None:
                    yield f"{entry.name} in {dtype} on {problem}: {why}"


def _remedy(selection: Selection) -> str:
    """Another value for one of the options, tried out: with it there are cells."""
    choices = selection.choices() | {"device": list(selection.present)}
    for option in OPTIONS:
        if getattr(selection.asked, option):
            doing = (name for name in choices[option] if _instead(selection, option, name).first() is not None)
            found = list(islice(doing, SHOWN))
            if found:
                return f"--{option} {_or(found)}"
    return "fewer options"


def _instead(selection: Selection, option: str, name: str) -> Selection:
    """The selection with another value for one option."""
    value = name if option == "depth" else (name,)
    asked = dataclasses.replace(selection.asked, **{option: value})  # type: ignore[arg-type]
    return dataclasses.replace(selection, asked=asked)


def _run(entries: Sequence[Implementation]) -> str:
    return " and ".join(entry.name for entry in entries) + (" runs" if len(entries) == 1 else " run")


def _distinct(names: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(chain.from_iterable(names)))


def _or(names: Iterable[str]) -> str:
    """`cpu`, `cpu or cuda`, `cpu, cuda or mps`."""
    *front, last = names
    return f"{', '.join(front)} or {last}" if front else last
