"""All probes, for each framework, device and dtype."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gradagree.doctor import accumulator
from gradagree.doctor.factors import factors
from gradagree.doctor.fused import fused
from gradagree.doctor.operations import Native, Operations
from gradagree.doctor.subnormals import subnormals
from gradagree.runtime import devices, frameworks
from gradagree.runtime.failure import described
from gradagree.runtime.frameworks.framework import Framework
from reference.formats import BY_NAME

PROBES: dict[str, Callable[[Operations, str], str]] = {
    "factors": factors,
    "sums in products": accumulator.in_products,
    "sums": accumulator.in_sums,
    "sums in b's gradient": accumulator.in_gradients,
    "subnormals": subnormals,
    "product and sum": fused,
}


@dataclass(frozen=True)
class Measured:
    """What the probes answered on one device in one dtype, by probe; or why they were not put there."""

    device: str
    dtype: str
    answers: dict[str, str] = field(default_factory=dict)
    missing: str = ""


@dataclass(frozen=True)
class Examined:
    """One framework."""

    name: str
    missing: str = ""  # why it was not examined; empty where it was
    version: str = ""
    flags: dict[str, str] = field(default_factory=dict)
    devices: dict[str, str] = field(default_factory=dict)  # the kinds that it sees, each with the device's name
    unseen: tuple[str, ...] = ()  # those that this machine has and its build could use, and that it does not see
    measured: tuple[Measured, ...] = ()  # device by device, dtype by dtype


def examine(name: str) -> Examined:
    """A framework as it is here and now, its settings untouched."""
    if not frameworks.installed(name):
        return Examined(name, missing="not installed")
    try:
        framework = frameworks.framework(name)
    except Exception as error:  # a library that is missing, a jaxlib of another version: it may be anything
        return Examined(name, missing=f"cannot be imported: {error}")
    kinds = framework.devices()
    return Examined(
        name,
        version=framework.version(),
        flags=framework.settings(),
        devices={device: framework.device_name(device) for device in kinds},
        unseen=tuple(kind for kind in framework.kinds if kind in devices.present() and kind not in kinds),
        measured=tuple(_measured(framework, device, dtype) for device in kinds for dtype in BY_NAME),
    )


def _measured(framework: Framework, device: str, dtype: str) -> Measured:
    lacking = framework.lacks(device, dtype)
    if lacking is not None:
        return Measured(device, dtype, missing=lacking)
    return Measured(device, dtype, answers(framework, device, dtype))


def answers(framework: Framework, device: str, dtype: str) -> dict[str, str]:
    """What each probe finds; or how it failed."""
    found = {}
    for name, probe in PROBES.items():
        try:
            with framework.with_dtype(dtype), np.errstate(over="ignore", invalid="ignore", under="ignore"):
                found[name] = probe(Native(framework, device), dtype)
        except Exception as error:  # whatever a device cannot do must not hide what the others can
            found[name] = f"raised {described(error).partition(chr(10))[0]}"
    return found
