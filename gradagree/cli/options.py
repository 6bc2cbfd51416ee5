"""What the user of `check` chose."""

from __future__ import annotations

from dataclasses import dataclass

from gradagree.errors import UsageError
from gradagree.matrix.options import no_such_device
from gradagree.runtime import devices, frameworks
from reference.problem import Problem


@dataclass(frozen=True)
class Options:
    """What the user chose; `None` for what is to be found out.

    Parameters
    ----------
    framework, convention, timeout, claims
        of a function and of a script: whose arrays it takes, the problem's reduction, seconds, and its arithmetic.
    problem, dtype, device, steps
        of a function: what to run it on.
    x, y, w, b, lr
        of a script: the names of its variables, and its learning rate.
    """

    framework: str | None = None
    convention: str | None = None
    timeout: float = 60.0
    claims: tuple[str, ...] = ()
    problem: str | Problem = "stackoverflow"
    dtype: str | None = None
    device: str = "cpu"
    steps: int | None = None
    x: str | None = None
    y: str | None = None
    w: str | None = None
    b: str | None = None
    lr: float | None = None


def check_device(device: str) -> None:
    """Refuse a device that this machine does not have, by `UsageError`."""
    if device not in devices.present():
        raise no_such_device("device", device, devices.present())


def check_installed(label: str, framework: str) -> None:
    """Refuse code whose framework is not here, by `UsageError`."""
    if not frameworks.installed(framework):
        raise UsageError(f"{label}: takes {framework} arrays, and {framework} is not installed here")
