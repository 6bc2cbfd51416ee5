"""The lines above a run: versions, devices, and the settings that are known to change what a framework computes."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from gradagree.report.header import environment, installed, suite
from gradagree.runtime import devices, frameworks


def lines() -> list[str]:
    """What is known before anything is collected; no framework is imported for it."""
    versions = [f"python {platform.python_version()}", *(_version(name) for name in frameworks.NAMES)]
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
    used = [name for name in READERS if f"{frameworks.__name__}.on_{name}" in sys.modules]
    subnormals = "flushed to zero" if sys.float_info.min / 2 == 0 else "kept"
    return {"subnormals": subnormals} | {name: READERS[name](sys.modules[name]) for name in used}


def flags_line(found: Mapping[str, Iterable[str]]) -> str:
    """The flags of one process or of several, in one line."""
    texts = [f"{name}: {' or '.join(sorted(values))}" for name, values in found.items()]
    return f"flags (each cell sets its own precision and threads): {'; '.join(texts)}"


def _torch(torch: Any) -> str:
    matmul = torch.backends.cuda.matmul
    # Where a release has the newer setting, the older one raises as soon as somebody has used the newer.
    precision = getattr(matmul, "fp32_precision", None)
    tf32 = matmul.allow_tf32 if precision is None else precision == "tf32"
    return f"TF32 {_on(tf32)}, {torch.get_num_threads()} threads"


def _jax(jax: Any) -> str:
    precision = jax.config.jax_default_matmul_precision or "default"
    return f"jax_enable_x64 {_on(jax.config.jax_enable_x64)}, precision of products {precision}"


def _on(setting: bool) -> str:
    return "on" if setting else "off"


READERS = {"torch": _torch, "jax": _jax}


def _version(name: str) -> str:
    found = installed(name)
    return f"{name} not installed" if found is None else f"{name} {found}"
