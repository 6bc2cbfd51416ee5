"""What was examined, as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradagree.doctor.examine import PROBES, Examined

WIDTH = 118
LEGEND = (
    "factors: how much of its factors a matrix product keeps; sums: the format they are added up in; product and sum: "
    "whether a product is rounded before it is added"
)


def lines(head: Mapping[str, Any], examined: Sequence[Examined]) -> Iterator[str]:
    """The machine, then each framework with its flags and a table of what the probes answered.

    Parameters
    ----------
    head
        of a report, as `gradagree.report.header` makes it.
    examined
        the frameworks.
    """
    machine = head["machine"]
    cores = "" if machine["cores"] is None else f", {machine['cores']} cores"
    yield f"{machine['system']} {machine['architecture']}, {machine['processor'] or 'processor unknown'}{cores}"
    yield f"devices: {', '.join(head['devices'])}"
    yield from _wrapped(", ".join(f"{name} {version}" for name, version in _versions(head).items()))
    for name, value in head["environment"].items():
        yield f"{name}={value}"
    for each in examined:
        yield ""
        yield from _framework(each)
    yield ""
    yield from _wrapped(LEGEND)


def _versions(head: Mapping[str, Any]) -> dict[str, str]:
    return {"python": head["machine"]["python"], **head["versions"]}


def _framework(each: Examined) -> Iterator[str]:
    if each.missing:
        yield f"{each.name}: {each.missing}"
        return
    seen = ", ".join(f"{kind} ({name})" if name else kind for kind, name in each.devices.items())
    unseen = f"; does not see {', '.join(each.unseen)}, which this machine has" if each.unseen else ""
    yield f"{each.name} {each.version} on {seen}{unseen}"
    yield from _wrapped(", ".join(f"{name} {value}" for name, value in each.flags.items()), "  ")
    rows = [("device", "dtype", *PROBES)]
    rows += [(m.device, m.dtype, *(m.answers[name] for name in PROBES)) for m in each.measured if not m.missing]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
    for lacking in each.measured:
        if lacking.missing:
            yield f"  {lacking.device} {lacking.dtype}: {lacking.missing}"


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
