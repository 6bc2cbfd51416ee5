"""What a file of rows says of the run it holds: the machine, the versions, what was asked for."""

from __future__ import annotations

import os
import platform
import subprocess
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from gradagree.report.schema import SCHEMA_VERSION, Header
from gradagree.runtime import devices, frameworks

PACKAGES = ("python-flint", "pytest")  # beside those of the frameworks

# Settings from outside that are known to change what a framework computes, beside each framework's own.
PREFIXES = ("NVIDIA_TF32_", "CUDA_VISIBLE_", "CUBLAS_", "OMP_NUM_", "MKL_")


def header(flags: Mapping[str, Any], chosen: int | None = None) -> Header:
    """The first line of a file of rows; no framework is imported for it.

    Parameters
    ----------
    flags
        the options of the run that are not at their defaults, as plain values.
    chosen
        how many cells are to be run; `None` where that is not known.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "header",
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "suite": suite(),
        "revision": revision(Path(__file__).parent),
        "versions": {name: found for name in _packages() if (found := installed(name)) is not None},
        "devices": list(devices.present()),
        "flags": dict(flags),
        "chosen": chosen,
        "environment": environment(),
        "machine": {
            "system": platform.system(),
            "release": platform.release(),
            "architecture": platform.machine(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
    }


def installed(package: str) -> str | None:
    """The version of an installed package, `None` where there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def suite() -> str | None:
    """The suite's own version."""
    return installed("gradagree") or _own_version()


def environment() -> dict[str, str]:
    """The settings from outside that are known to change what a framework computes, where they are made."""
    own = [prefix for each in frameworks.loadable() for prefix in each.environment]
    return {name: os.environ[name] for name in sorted(os.environ) if name.startswith((*PREFIXES, *own))}


def revision(folder: Path) -> str | None:
    """The git revision that `folder` is at, with a `+` where files were changed since; `None` outside a checkout.

    An environment may lie in somebody's repository, whose revision says nothing of what is installed.
    """
    if "site-packages" in folder.parts:
        return None
    try:
        commit = _git(folder, "rev-parse", "--short=12", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return commit + ("+" if changed else "")


def _packages() -> list[str]:
    own = [package for each in frameworks.loadable() for package in each.packages]
    return list(dict.fromkeys([*own, *PACKAGES]))


def _own_version() -> str | None:
    """Of a checkout that was not installed."""
    try:
        with open(Path(__file__).parents[2] / "pyproject.toml", "rb") as file:
            found: str = tomllib.load(file)["project"]["version"]
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return None
    return found


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()


def _processor() -> str:
    """The processor's name; where the standard library does not know it, the kernel may."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()


def flat(header: Mapping[str, Any]) -> dict[str, str]:
    """A header as dotted names and short texts, `machine.system` and so on."""
    result: dict[str, str] = {}
    for name, value in header.items():
        if name in ("kind", "schema_version"):
            continue
        if isinstance(value, Mapping):
            result.update({f"{name}.{inner}": text for inner, text in flat(value).items()})
        else:
            result[name] = (
                ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
            )
    return result


def differences(headers: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What is not the same in all headers, the time left out: each name with every header's text."""
    texts = [flat(header) for header in headers]
    names = list(dict.fromkeys(name for text in texts for name in text if name != "time"))
    columns = {name: [text.get(name, "") for text in texts] for name in names}
    return {name: values for name, values in columns.items() if len(set(values)) > 1}
