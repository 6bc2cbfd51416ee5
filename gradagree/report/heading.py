"""The lines above a run: versions, devices, and the settings that are known to change what a framework computes."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress

from gradagree.report.header import environment, installed, suite
from gradagree.runtime import devices, frameworks
from gradagree.runtime.frameworks.framework import Framework


def lines() -> list[str]:
    """What is known before anything is collected; no framework is imported for it."""
    versions = [f"python {platform.python_version()}", *map(_version, frameworks.loadable())]
    found = [f"gradagree {suite()}: {', '.join(versions)}; devices: {', '.join(devices.present())}"]
    settings = [f"{name}={value}" for name, value in environment().items()]
    return [*found, f"environment: {', '.join(settings)}"] if settings else found


def load(names: Iterable[str]) -> None:
    """Import frameworks whose cells are about to run, so that `flags` knows of them."""
    for name in filter(frameworks.installed, names):
        with suppress(Exception):  # of a broken one its cells will tell, and the others go on
            frameworks.framework(name)


def flags() -> dict[str, str]:
    """What holds in this process outside the cells: of subnormals, and of each framework that is in use here."""
    subnormals = "flushed to zero" if sys.float_info.min / 2 == 0 else "kept"
    told = {name: each.summary() for name, each in frameworks.imported().items()}
    return {"subnormals": subnormals} | {name: text for name, text in told.items() if text}


def flags_line(found: Mapping[str, Iterable[str]]) -> str:
    """The flags of one process or of several, in one line."""
    texts = [f"{name}: {' or '.join(sorted(values))}" for name, values in found.items()]
    return f"flags (each cell sets its own precision and threads): {'; '.join(texts)}"


def _version(framework: type[Framework]) -> str:
    found = installed(framework.packages[0])
    return f"{framework.name} not installed" if found is None else f"{framework.name} {found}"
