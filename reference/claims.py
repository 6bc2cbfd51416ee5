"""An arithmetic changed by claims, as anybody writes them: names of `named_claims`, or `FIELD=VALUE`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from reference.arithmetic import Arithmetic
from reference.formats import BY_NAME, OF_FACTORS
from reference.named_claims import NAMED

FORMATS = ("storage", "accumulate", "multiply", "parameters", "scalars", "constants", "intermediates")
COUNTS = ("height", "extra_roundings", "partial_sums_from", "pieces")
SWITCHES = ("flushes", "through_gram", "wide_sums", "fused_update", "dyadic")
FIELDS = (*FORMATS, *COUNTS, *SWITCHES)


def claimed(base: Arithmetic, entries: Sequence[str]) -> Arithmetic:
    """`base`, changed by claims: names of `NAMED`, and fields as `extra_roundings=2` or `accumulate=bfloat16`.

    Raises
    ------
    ValueError
        if there is no such name or field, it cannot have that value, or it says nothing of this dtype.
    """
    dtype = base.storage.name
    changes: dict[str, Any] = {}
    for entry in entries:
        name, equals, value = entry.partition("=")
        if equals:
            changes[name] = _value(name, value)
        elif name not in NAMED:
            raise ValueError(
                f"got {entry!r}; one of {', '.join(NAMED)}, or FIELD=VALUE with {', '.join(FIELDS)}, will do"
            )
        elif dtype not in NAMED[name].dtypes:
            raise ValueError(f"{name} says nothing of {dtype}; {' or '.join(NAMED[name].dtypes)} will do")
        else:
            changes |= NAMED[name].fields(base.storage)
    return dataclasses.replace(base, **changes)


def speaking_of(entries: Sequence[str], dtype: str) -> tuple[str, ...]:
    """Those entries that say something of a dtype; one that is no name is kept, for `claimed` to read."""
    return tuple(entry for entry in entries if entry not in NAMED or dtype in NAMED[entry].dtypes)


def _value(name: str, text: str) -> Any:
    if name in FORMATS:
        known = OF_FACTORS if name == "multiply" else BY_NAME
        if text in known:
            return known[text]
        raise ValueError(f"{name}: got {text!r}; one of {', '.join(known)} will do")
    if name in COUNTS:
        if text.isdecimal() and (int(text) or name == "extra_roundings"):
            return int(text)
        raise ValueError(f"{name}: got {text!r}; a whole number will do")
    if name in SWITCHES:
        if text in ("true", "false"):
            return text == "true"
        raise ValueError(f"{name}: got {text!r}; true or false will do")
    raise ValueError(f"got the field {name!r}; one of {', '.join(FIELDS)} will do")
