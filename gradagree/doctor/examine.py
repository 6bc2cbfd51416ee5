"""All probes, for each framework, device and dtype."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gradagree.doctor import accumulator, operations
from gradagree.doctor.factors import factors
from gradagree.doctor.fused import fused
from gradagree.doctor.operations import Operations
from gradagree.doctor.subnormals import subnormals
from gradagree.runtime import devices, frameworks
from gradagree.runtime.failure import described
from reference.formats import BY_NAME

PROBES: dict[str, Callable[[Operations, str], str]] = {
    "factors": factors,
    "sums in products": accumulator.in_products,
    "sums": accumulator.in_sums,
    "sums in b's gradient": accumulator.in_gradients,
    "subnormals": subnormals,
    "product and sum": fused,
}
# The kinds of device that a framework can use where its build is for them.
USES = {"torch": ("cuda", "mps", "xpu"), "jax": ("cuda", "tpu"), "numpy": ()}


@dataclass(frozen=True)
class Measured:
    """What the probes answered on one device in one dtype, by probe; or why they were not put there."""

    device: str
    dtype: str
    answers: dict[str, str] = field(default_factory=dict)
    missing: str = ""


@dataclass(frozen=True)
class Examined:
    """One framework.

    Parameters
    ----------
    name
        as `gradagree.runtime.frameworks` has it.
    missing
        why it was not examined; empty where it was.
    version, flags
        its own.
    devices
        the kinds that it sees, each with the device's name.
    unseen
        the kinds that this machine has and the framework can use elsewhere, but does not see.
    measured
        device by device, dtype by dtype.
    """

    name: str
    missing: str = ""
    version: str = ""
    flags: dict[str, str] = field(default_factory=dict)
    devices: dict[str, str] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()
    measured: tuple[Measured, ...] = ()


def examine(name: str) -> Examined:
    """A framework as it is here and now, its flags untouched."""
    if not frameworks.installed(name):
        return Examined(name, missing="not installed")
    try:
        framework, patient = frameworks.framework(name), operations.of(name)
    except Exception as error:  # a library that is missing, a jaxlib of another version: it may be anything
        return Examined(name, missing=f"cannot be imported: {error}")
    kinds = framework.devices()
    return Examined(
        name,
        version=framework.version(),
        flags=patient.flags(),
        devices={device: patient.named(device) for device in kinds},
        unseen=tuple(kind for kind in USES[name] if kind in devices.present() and kind not in kinds),
        measured=tuple(_measured(framework, patient, device, dtype) for device in kinds for dtype in BY_NAME),
    )


def _measured(framework: frameworks.Framework, patient: operations.Framework, device: str, dtype: str) -> Measured:
    lacking = framework.lacks(device, dtype)
    if lacking is not None:
        return Measured(device, dtype, missing=lacking)
    return Measured(device, dtype, answers(patient, device, dtype))


def answers(patient: operations.Framework, device: str, dtype: str) -> dict[str, str]:
    """What each probe finds; or how it failed."""
    found = {}
    for name, probe in PROBES.items():
        try:
            with patient.setting(dtype), np.errstate(over="ignore", invalid="ignore", under="ignore"):
                found[name] = probe(patient.operations(device), dtype)
        except Exception as error:  # whatever a device cannot do must not hide what the others can
            found[name] = f"raised {described(error).partition(chr(10))[0]}"
    return found
