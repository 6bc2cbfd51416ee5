"""The arrays that an optimizer keeps, by name and parameter: in named tuples of trees, or dictionaries either way."""

from __future__ import annotations

from collections.abc import Iterator, KeysView, Mapping
from typing import Any

# By quantity, then by parameter.
Kept = dict[str, dict[str, Any]]


def of_trees(state: Any, params: Mapping[str, Any]) -> Kept:
    """What named tuples and dictionaries anywhere in `state` hold of the parameters, arrays of their shapes alone.

    A name that stands at two places is left out: it does not tell which of them is meant.
    """
    found: Kept = {}
    twice = set()
    for quantity, tree in _trees(state, params.keys()):
        if quantity in found:
            twice.add(quantity)
        if all(tuple(getattr(tree[name], "shape", (-1,))) == tuple(params[name].shape) for name in params):
            found[quantity] = {name: tree[name] for name in params}
    return {quantity: of for quantity, of in found.items() if quantity not in twice}


def _trees(state: Any, names: KeysView[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each quantity with what it is of each parameter."""
    fields = state._asdict() if hasattr(state, "_asdict") else state
    if isinstance(fields, Mapping) and names <= fields.keys():
        kept = [fields[name] for name in names]
        if all(isinstance(each, Mapping) for each in kept):  # parameters outside, quantities inside
            for quantity in sorted(set.intersection(*({str(q) for q in each} for each in kept))):
                yield quantity, {name: fields[name].get(quantity) for name in names}
    elif isinstance(fields, Mapping):
        for quantity, tree in fields.items():
            flat = isinstance(tree, Mapping) and names <= tree.keys()
            if flat and not any(isinstance(tree[name], Mapping) for name in names):
                yield str(quantity), tree
            else:
                yield from _trees(tree, names)
    elif isinstance(fields, (tuple, list)):
        for entry in fields:
            yield from _trees(entry, names)
