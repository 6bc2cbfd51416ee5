"""One line of JSON, taken strictly: what Python's reader lets through and no other would is refused."""

from __future__ import annotations

import json
from typing import Any


def parsed(line: str) -> Any:
    """The value that a line of JSON holds.

    Raises
    ------
    ValueError
        with what is wrong: no JSON, NaN or infinity as bare words, or half a character (a lone surrogate), which can be
        escaped and then written nowhere. Also if it nests so deep that it cannot be read.
    """
    try:
        values = json.loads(line, parse_constant=_constant)
        if "\\ud" in line.casefold():
            json.dumps(values, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg}, column {error.colno}") from None
    except UnicodeEncodeError:
        raise ValueError("a text holds half a character, a lone surrogate") from None
    except RecursionError:
        raise ValueError("it nests too deep") from None
    return values


def shallow(value: Any, levels: int) -> bool:
    """Whether no more than so many lists or objects stand within one another."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return inner is None or (levels > 0 and all(shallow(each, levels - 1) for each in inner))


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON")
